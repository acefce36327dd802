// Command load puts load on a gRPC or HTTP/2 server and prints what came of it as JSON.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"
)

func main() {
	var o options
	var file string
	flag.StringVar(&o.address, "address", "", "host:port or unix:///path; several with commas between, connections are spread over them")
	flag.StringVar(&file, "requests", "", "file of requests, sent in turn")
	flag.IntVar(&o.connections, "connections", 1, "connections")
	flag.IntVar(&o.streams, "streams", 1, "requests under way on each connection (closed loop)")
	flag.DurationVar(&o.warmup, "warmup", 0, "time before anything counts")
	flag.DurationVar(&o.duration, "duration", time.Second, "time that counts")
	flag.Float64Var(&o.rate, "rate", 0, "requests a second (open loop); 0 for a closed loop")
	flag.BoolVar(&o.even, "even", false, "evenly spaced arrivals instead of independent ones")
	flag.Uint64Var(&o.seed, "seed", 1, "seed of the arrivals")
	flag.Parse()
	if err := measure(o, file); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func measure(o options, file string) error {
	requests, err := readRequests(file)
	if err != nil {
		return err
	}
	// The pacer sleeps in a system call; a second P lets the readers run meanwhile, also on one core.
	runtime.GOMAXPROCS(2)
	debug.SetGCPercent(800)
	out, err := (&run{options: o, requests: requests}).do()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"requests":   out.latencies.total,
		"sent":       out.sent,
		"seconds":    out.elapsed.Seconds(),
		"rate":       float64(out.latencies.total) / out.elapsed.Seconds(),
		"outcomes":   out.outcomes,
		"unanswered": out.unended,
		"cpuSeconds": cpuSeconds(),
		"latency": map[string]float64{
			"mean": milliseconds(out.latencies.mean()),
			"p50":  milliseconds(out.latencies.percentile(0.5)),
			"p90":  milliseconds(out.latencies.percentile(0.9)),
			"p99":  milliseconds(out.latencies.percentile(0.99)),
			"p999": milliseconds(out.latencies.percentile(0.999)),
			"max":  milliseconds(out.latencies.max),
		},
	})
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func cpuSeconds() float64 {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano()).Seconds()
}
