// Command peer is the baseline that Portcullis is measured against: an ext_authz server as one writes it in Go, with OPA
// as a library. It answers what Envoy asks and does nothing else: no decision log, no metrics endpoint.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"runtime/pprof"
	"strings"
	"syscall"

	auth "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"google.golang.org/grpc"
)

func main() {
	address := flag.String("address", "127.0.0.1:9191", "host:port or unix:///path")
	bundle := flag.String("bundle", "", "OPA bundle, a .tar.gz")
	path := flag.String("path", "envoy/authz/allow", "decision path")
	profile := flag.String("cpuprofile", "", "write a CPU profile here, from the start until SIGTERM")
	workers := flag.Uint("stream-workers", 0, "goroutines that are kept for calls; 0 for a new one for each call, grpc-go's default")
	flag.Parse()
	if err := serve(*address, *bundle, *path, *profile, uint32(*workers)); err != nil {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
}

func serve(address, bundle, path, profile string, workers uint32) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	policy, err := openPolicy(ctx, bundle, path)
	if err != nil {
		return err
	}
	listener, err := listen(address)
	if err != nil {
		return err
	}
	if profile != "" {
		file, err := os.Create(profile)
		if err != nil {
			return err
		}
		defer file.Close()
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	server := grpc.NewServer(grpc.NumStreamWorkers(workers))
	auth.RegisterAuthorizationServer(server, &authorizer{policy: policy})
	go func() {
		<-ctx.Done()
		server.Stop()
	}()
	if err := server.Serve(listener); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		return err
	}
	return nil
}

func listen(address string) (net.Listener, error) {
	if path, found := strings.CutPrefix(address, "unix://"); found {
		return net.Listen("unix", path)
	}
	return net.Listen("tcp", address)
}
