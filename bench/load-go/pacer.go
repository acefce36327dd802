package main

import (
	"math"
	"math/rand/v2"
	"runtime"
	"syscall"
	"time"
)

// schedule gives the times at which requests are due, counted from the start, whatever the server does meanwhile.
type schedule struct {
	gap    float64
	random *rand.Rand
	next   float64
}

// newSchedule makes arrivals at `rate` a second: independent of each other (exponential gaps), as clients are, or evenly
// spaced. The seed is fixed, so every contender gets the same arrivals.
func newSchedule(rate float64, even bool, seed uint64) *schedule {
	s := &schedule{gap: float64(time.Second) / rate}
	if !even {
		s.random = rand.New(rand.NewPCG(seed, 17))
	}
	return s
}

func (s *schedule) take() time.Duration {
	due := time.Duration(s.next)
	gap := s.gap
	if s.random != nil {
		gap *= -math.Log(1 - s.random.Float64())
	}
	s.next += gap
	return due
}

// sleepUntil is finer than time.Sleep, whose poller waits whole milliseconds.
func sleepUntil(at time.Time) {
	left := time.Until(at)
	if left <= 0 {
		return
	}
	duration := syscall.NsecToTimespec(left.Nanoseconds())
	_ = syscall.Nanosleep(&duration, nil)
}

const prSetTimerSlack = 29

// ownThread keeps the pacing goroutine on a thread whose sleeps end within microseconds of the time asked for.
func ownThread() {
	runtime.LockOSThread()
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, prSetTimerSlack, 1_000, 0)
}
