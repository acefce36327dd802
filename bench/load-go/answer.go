package main

import (
	"encoding/binary"
	"fmt"
)

// answer is what is known of a stream when it ends.
type answer struct {
	httpStatus string
	grpcStatus string
	message    []byte
}

// outcome names an answer in the counts: the HTTP status, the gRPC status if it is an error, or the code of the
// CheckResponse. A CheckResponse without a status would count as "malformed", never as an allow.
func (a *answer) outcome(grpc bool) string {
	if !grpc || a.httpStatus != "200" {
		return "http " + a.httpStatus
	}
	if a.grpcStatus != "0" {
		return "grpc " + a.grpcStatus
	}
	code, ok := checkCode(a.message)
	if !ok {
		return "malformed"
	}
	if code == 0 {
		return "allow"
	}
	return fmt.Sprintf("deny %d", code)
}

// checkCode reads `status.code` (field 1 of field 1) of a length-prefixed CheckResponse.
func checkCode(framed []byte) (uint64, bool) {
	if len(framed) < 5 {
		return 0, false
	}
	status, found := field1(framed[5:], 2)
	if !found {
		return 0, false
	}
	length, n := binary.Uvarint(status)
	if n <= 0 || uint64(len(status)-n) < length {
		return 0, false
	}
	code, found := field1(status[n:n+int(length)], 0)
	if !found {
		return 0, true
	}
	value, n := binary.Uvarint(code)
	return value, n > 0
}

// field1 returns what follows the tag of field 1, provided that it has the given wire type.
func field1(message []byte, wireType uint64) ([]byte, bool) {
	for len(message) > 0 {
		tag, n := binary.Uvarint(message)
		if n <= 0 {
			return nil, false
		}
		message = message[n:]
		if tag == 1<<3|wireType {
			return message, true
		}
		value, n := binary.Uvarint(message)
		switch {
		case n <= 0:
			return nil, false
		case tag&7 == 0:
			message = message[n:]
		case tag&7 == 2 && uint64(len(message)-n) >= value:
			message = message[n+int(value):]
		default:
			return nil, false
		}
	}
	return nil, false
}
