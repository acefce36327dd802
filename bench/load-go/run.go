package main

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

type options struct {
	address     string
	connections int
	streams     int
	warmup      time.Duration
	duration    time.Duration
	rate        float64
	even        bool
	seed        uint64
}

// run holds what the connections share. Everything they count is per connection and merged at the end.
type run struct {
	options
	requests []*request
	next     atomic.Uint64
	start    time.Time
	from     time.Time
	until    time.Time
	tallies  map[*connection]*tally
}

type tally struct {
	latencies histogram
	outcomes  map[string]uint64
	last      time.Time
}

type result struct {
	latencies histogram
	outcomes  map[string]uint64
	sent      uint64
	unended   int
	elapsed   time.Duration
}

func (r *run) nextRequest() *request {
	return r.requests[int(r.next.Add(1)-1)%len(r.requests)]
}

// ended counts an answer and, in a closed loop, sends the next request in its place. Called with the connection's lock.
func (r *run) ended(c *connection, s *stream) {
	now := time.Now()
	counted := !now.Before(r.from) && now.Before(r.until)
	if r.rate > 0 {
		counted = !s.due.Before(r.from) && s.due.Before(r.until)
	}
	if counted {
		t := r.tallies[c]
		t.latencies.record(now.Sub(s.due))
		t.outcomes[s.answer.outcome(s.request.grpc)]++
		t.last = now
	}
	if r.rate == 0 && now.Before(r.until) {
		_ = c.send(&stream{request: r.nextRequest(), due: now})
	}
}

func (r *run) do() (*result, error) {
	r.tallies = map[*connection]*tally{}
	most := r.streams
	if r.rate > 0 {
		most = 1 << 20
	}
	addresses := strings.Split(r.address, ",")
	var connections []*connection
	for i := range r.connections {
		c, err := connect(addresses[i%len(addresses)], most, r.ended)
		if err != nil {
			return nil, err
		}
		defer c.socket.Close()
		connections = append(connections, c)
		r.tallies[c] = &tally{outcomes: map[string]uint64{}}
	}
	r.start = time.Now()
	r.from = r.start.Add(r.warmup)
	r.until = r.from.Add(r.duration)
	failures := make(chan error, len(connections))
	var reading sync.WaitGroup
	for _, c := range connections {
		reading.Go(func() {
			if err := c.run(); err != nil && time.Now().Before(r.until) {
				failures <- fmt.Errorf("connection ended early: %w", err)
			}
		})
	}
	drive := r.closedLoop
	if r.rate > 0 {
		drive = r.openLoop
	}
	if err := drive(connections, failures); err != nil {
		return nil, err
	}
	for _, c := range connections {
		_ = c.socket.Close()
	}
	reading.Wait()
	return r.collect(connections), nil
}

func (r *run) closedLoop(connections []*connection, failures <-chan error) error {
	for _, c := range connections {
		c.lock.Lock()
		for range r.streams {
			if err := c.send(&stream{request: r.nextRequest(), due: time.Now()}); err != nil {
				c.lock.Unlock()
				return err
			}
		}
		err := c.out.Flush()
		c.lock.Unlock()
		if err != nil {
			return err
		}
	}
	select {
	case err := <-failures:
		return err
	case <-time.After(time.Until(r.until)):
		return nil
	}
}

// openLoop sends on time whether or not earlier requests have been answered: a stall of the server shows in the latency of
// every request that was due meanwhile.
func (r *run) openLoop(connections []*connection, failures <-chan error) error {
	paced := make(chan error, 1)
	go func() {
		ownThread()
		paced <- r.pace(connections)
	}()
	select {
	case err := <-failures:
		return err
	case err := <-paced:
		if err != nil {
			return whyClosed(err, failures)
		}
	}
	r.awaitAnswers(connections, 5*time.Second)
	return nil
}

// whyClosed prefers what the server said before it closed over the failed write that followed.
func whyClosed(writing error, failures <-chan error) error {
	select {
	case err := <-failures:
		return err
	case <-time.After(200 * time.Millisecond):
		return writing
	}
}

func (r *run) pace(connections []*connection) error {
	arrivals := newSchedule(r.rate, r.even, r.seed)
	for i := 0; ; i++ {
		due := r.start.Add(arrivals.take())
		if !due.Before(r.until) {
			return nil
		}
		sleepUntil(due)
		c := connections[i%len(connections)]
		c.lock.Lock()
		err := c.send(&stream{request: r.nextRequest(), due: due})
		if err == nil {
			err = c.out.Flush()
		}
		c.lock.Unlock()
		if err != nil {
			return err
		}
	}
}

func (r *run) awaitAnswers(connections []*connection, patience time.Duration) {
	for giveUp := time.Now().Add(patience); time.Now().Before(giveUp) && unended(connections) > 0; {
		time.Sleep(10 * time.Millisecond)
	}
}

func unended(connections []*connection) int {
	count := 0
	for _, c := range connections {
		c.lock.Lock()
		count += len(c.streams) + len(c.waiting)
		c.lock.Unlock()
	}
	return count
}

func (r *run) collect(connections []*connection) *result {
	out := &result{outcomes: map[string]uint64{}, sent: r.next.Load(), elapsed: r.duration}
	if r.rate > 0 {
		out.unended = unended(connections)
	}
	for _, c := range connections {
		c.lock.Lock()
		t := r.tallies[c]
		out.latencies.merge(&t.latencies)
		for name, count := range t.outcomes {
			out.outcomes[name] += count
		}
		c.lock.Unlock()
	}
	return out
}
