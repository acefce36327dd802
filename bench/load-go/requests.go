package main

import (
	"encoding/json"
	"fmt"
	"os"
)

// request is what is sent on one stream: its header fields in order, and a gRPC message if there is one.
type request struct {
	Headers [][2]string `json:"headers"`
	Message []byte      `json:"message,omitempty"`
	grpc    bool
	data    []byte
}

// requestFile is the file that the harness writes. Messages are base64.
type requestFile struct {
	Kind     string      `json:"kind"`
	Headers  [][2]string `json:"headers"`
	Requests []*request  `json:"requests"`
}

func readRequests(name string) ([]*request, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var file requestFile
	if err := json.Unmarshal(text, &file); err != nil {
		return nil, err
	}
	if len(file.Requests) == 0 {
		return nil, fmt.Errorf("%s holds no requests", name)
	}
	for _, r := range file.Requests {
		r.grpc = file.Kind == "grpc"
		r.Headers = append(append([][2]string{}, file.Headers...), r.Headers...)
		if r.grpc {
			size := len(r.Message)
			r.data = append([]byte{0, byte(size >> 24), byte(size >> 16), byte(size >> 8), byte(size)}, r.Message...)
		}
	}
	return file.Requests, nil
}
