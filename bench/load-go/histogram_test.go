package main

import (
	"testing"
	"time"
)

func TestBucketsCoverEveryValueOnce(t *testing.T) {
	for value := uint64(1); value < 1<<40; value = value*5/4 + 1 {
		bucket := bucketOf(value)
		if end := upperEnd(bucket); value > end || (bucket > 0 && value <= upperEnd(bucket-1)) {
			t.Fatalf("%d is in bucket %d, which ends at %d", value, bucket, end)
		}
		if end := float64(upperEnd(bucket)); end > float64(value)*1.008+1 {
			t.Fatalf("%d is reported as %.0f", value, end)
		}
	}
}

func TestPercentiles(t *testing.T) {
	var h histogram
	for i := 1; i <= 1000; i++ {
		h.record(time.Duration(i) * time.Microsecond)
	}
	for share, want := range map[float64]time.Duration{0.5: 500, 0.9: 900, 0.99: 990, 0.999: 999, 1: 1000} {
		got := h.percentile(share)
		if got < want*time.Microsecond || float64(got) > float64(want*time.Microsecond)*1.008 {
			t.Errorf("p%v is %v, want %vµs", share*100, got, int64(want))
		}
	}
}
