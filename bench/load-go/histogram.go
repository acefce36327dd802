package main

import (
	"math"
	"math/bits"
	"time"
)

// Each power of two is split into 256 buckets, so a percentile is at most 0.4 % too high.
const (
	subBits  = 8
	subCount = 1 << subBits
)

// histogram counts durations. Its size does not depend on how many there are, so recording never disturbs the run.
type histogram struct {
	counts [64 * subCount]uint64
	total  uint64
	sum    float64
	max    time.Duration
}

func (h *histogram) record(d time.Duration) {
	if d < 0 {
		d = 0
	}
	h.counts[bucketOf(uint64(d))]++
	h.total++
	h.sum += float64(d)
	h.max = max(h.max, d)
}

func (h *histogram) merge(other *histogram) {
	for i, count := range other.counts {
		h.counts[i] += count
	}
	h.total += other.total
	h.sum += other.sum
	h.max = max(h.max, other.max)
}

// percentile is the upper end of the bucket in which the given share of all durations ends.
func (h *histogram) percentile(share float64) time.Duration {
	rank := uint64(math.Ceil(share * float64(h.total)))
	var seen uint64
	for i, count := range h.counts {
		seen += count
		if seen >= rank && seen > 0 {
			return min(time.Duration(upperEnd(i)), h.max)
		}
	}
	return h.max
}

func (h *histogram) mean() time.Duration {
	if h.total == 0 {
		return 0
	}
	return time.Duration(h.sum / float64(h.total))
}

func bucketOf(value uint64) int {
	if value < subCount {
		return int(value)
	}
	shift := bits.Len64(value) - subBits
	return shift*subCount/2 + int(value>>shift)
}

func upperEnd(bucket int) uint64 {
	if bucket < subCount {
		return uint64(bucket)
	}
	shift := (bucket - subCount/2) / (subCount / 2)
	low := uint64(bucket-shift*subCount/2) << shift
	return low + 1<<shift - 1
}
