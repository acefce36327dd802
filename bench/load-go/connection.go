package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

const window = 1 << 24

// stream is one request under way.
type stream struct {
	request *request
	// due is the time from which the latency counts: when it was sent, or in an open loop when it should have been.
	due time.Time
	// unsent is what flow control has not let out yet.
	unsent []byte
	answer answer
}

// connection speaks HTTP/2 with prior knowledge. Its framing is all there is between a request and the socket, so that
// the load costs little beside what it measures.
type connection struct {
	socket  net.Conn
	in      *bufio.Reader
	done    func(c *connection, s *stream)
	decoder *hpack.Decoder
	current *stream

	lock       sync.Mutex
	out        *bufio.Writer
	framer     *http2.Framer
	encoder    *hpack.Encoder
	block      bytes.Buffer
	next       uint32
	streams    map[uint32]*stream
	waiting    []*stream
	most       int
	credit     int64
	initial    int64
	consumed   uint32
	streamLeft map[uint32]int64
	closed     bool
}

func connect(address string, most int, done func(*connection, *stream)) (*connection, error) {
	network, place := "tcp", address
	if path, found := strings.CutPrefix(address, "unix://"); found {
		network, place = "unix", path
	}
	socket, err := net.Dial(network, place)
	if err != nil {
		return nil, err
	}
	c := &connection{
		socket: socket, done: done, next: 1, most: most, credit: 65535, initial: 65535,
		in: bufio.NewReaderSize(socket, 1<<16), out: bufio.NewWriterSize(socket, 1<<16),
		streams: map[uint32]*stream{}, streamLeft: map[uint32]int64{},
	}
	c.framer = http2.NewFramer(c.out, c.in)
	c.framer.SetReuseFrames()
	c.encoder = hpack.NewEncoder(&c.block)
	c.decoder = hpack.NewDecoder(4096, c.header)
	if _, err := c.out.WriteString(http2.ClientPreface); err != nil {
		return nil, err
	}
	settings := []http2.Setting{{ID: http2.SettingInitialWindowSize, Val: window}, {ID: http2.SettingEnablePush, Val: 0}}
	if err := c.framer.WriteSettings(settings...); err != nil {
		return nil, err
	}
	if err := c.framer.WriteWindowUpdate(0, window); err != nil {
		return nil, err
	}
	return c, c.out.Flush()
}

// send puts a request into the buffer, or into the queue when the server takes no more streams. The caller holds the lock.
func (c *connection) send(s *stream) error {
	if len(c.streams) >= c.most {
		c.waiting = append(c.waiting, s)
		return nil
	}
	id := c.next
	c.next += 2
	c.streams[id] = s
	c.block.Reset()
	for _, field := range s.request.Headers {
		if err := c.encoder.WriteField(hpack.HeaderField{Name: field[0], Value: field[1]}); err != nil {
			return err
		}
	}
	bare := len(s.request.data) == 0
	if err := c.writeHeaders(id, bare); err != nil || bare {
		return err
	}
	s.unsent = s.request.data
	c.streamLeft[id] = c.initial
	return c.sendData(id, s)
}

const largestFrame = 16384

func (c *connection) writeHeaders(id uint32, endStream bool) error {
	block := c.block.Bytes()
	first := block[:min(len(block), largestFrame)]
	rest := block[len(first):]
	params := http2.HeadersFrameParam{StreamID: id, BlockFragment: first, EndStream: endStream, EndHeaders: len(rest) == 0}
	if err := c.framer.WriteHeaders(params); err != nil {
		return err
	}
	for len(rest) > 0 {
		part := rest[:min(len(rest), largestFrame)]
		rest = rest[len(part):]
		if err := c.framer.WriteContinuation(id, len(rest) == 0, part); err != nil {
			return err
		}
	}
	return nil
}

func (c *connection) sendData(id uint32, s *stream) error {
	for len(s.unsent) > 0 {
		size := min(int64(len(s.unsent)), largestFrame, c.credit, c.streamLeft[id])
		if size <= 0 {
			return nil
		}
		part := s.unsent[:size]
		s.unsent = s.unsent[size:]
		c.credit -= size
		c.streamLeft[id] -= size
		if err := c.framer.WriteData(id, len(s.unsent) == 0, part); err != nil {
			return err
		}
	}
	delete(c.streamLeft, id)
	return nil
}

// run reads until the connection ends. What answers bring about is flushed when nothing more is there to be read.
func (c *connection) run() error {
	for {
		frame, err := c.framer.ReadFrame()
		if err != nil {
			return err
		}
		c.lock.Lock()
		err = c.take(frame)
		if err == nil && c.in.Buffered() == 0 {
			err = c.out.Flush()
		}
		c.lock.Unlock()
		if err != nil {
			return err
		}
	}
}

func (c *connection) take(frame http2.Frame) error {
	switch f := frame.(type) {
	case *http2.HeadersFrame:
		c.current = c.streams[f.StreamID]
		if _, err := c.decoder.Write(f.HeaderBlockFragment()); err != nil {
			return err
		}
		if !f.HeadersEnded() {
			return fmt.Errorf("the answer's header block is longer than a frame")
		}
		return c.ended(f.StreamID, f.StreamEnded())
	case *http2.DataFrame:
		return c.data(f)
	case *http2.SettingsFrame:
		return c.settings(f)
	case *http2.WindowUpdateFrame:
		return c.windowUpdate(f)
	case *http2.PingFrame:
		if !f.IsAck() {
			return c.framer.WritePing(true, f.Data)
		}
	case *http2.RSTStreamFrame:
		if s := c.streams[f.StreamID]; s != nil {
			s.answer.httpStatus = "reset " + f.ErrCode.String()
		}
		return c.ended(f.StreamID, true)
	case *http2.GoAwayFrame:
		return fmt.Errorf("the server sent GOAWAY (%s)", f.ErrCode)
	}
	return nil
}

func (c *connection) header(field hpack.HeaderField) {
	if c.current == nil {
		return
	}
	switch field.Name {
	case ":status":
		c.current.answer.httpStatus = field.Value
	case "grpc-status":
		c.current.answer.grpcStatus = field.Value
	}
}

func (c *connection) data(f *http2.DataFrame) error {
	if s := c.streams[f.StreamID]; s != nil && s.request.grpc {
		s.answer.message = append(s.answer.message, f.Data()...)
	}
	c.consumed += f.Length
	if c.consumed > window/4 {
		if err := c.framer.WriteWindowUpdate(0, c.consumed); err != nil {
			return err
		}
		c.consumed = 0
	}
	return c.ended(f.StreamID, f.StreamEnded())
}

func (c *connection) ended(id uint32, end bool) error {
	s := c.streams[id]
	if !end || s == nil {
		return nil
	}
	delete(c.streams, id)
	delete(c.streamLeft, id)
	c.done(c, s)
	for len(c.waiting) > 0 && len(c.streams) < c.most {
		first := c.waiting[0]
		c.waiting = c.waiting[1:]
		if err := c.send(first); err != nil {
			return err
		}
	}
	return nil
}

func (c *connection) settings(f *http2.SettingsFrame) error {
	if f.IsAck() {
		return nil
	}
	if value, ok := f.Value(http2.SettingInitialWindowSize); ok {
		for id := range c.streamLeft {
			c.streamLeft[id] += int64(value) - c.initial
		}
		c.initial = int64(value)
	}
	if value, ok := f.Value(http2.SettingMaxConcurrentStreams); ok {
		c.most = min(c.most, int(value))
	}
	if value, ok := f.Value(http2.SettingHeaderTableSize); ok {
		c.encoder.SetMaxDynamicTableSizeLimit(value)
	}
	return c.framer.WriteSettingsAck()
}

func (c *connection) windowUpdate(f *http2.WindowUpdateFrame) error {
	if f.StreamID != 0 {
		if _, held := c.streamLeft[f.StreamID]; !held {
			return nil
		}
		c.streamLeft[f.StreamID] += int64(f.Increment)
		return c.sendData(f.StreamID, c.streams[f.StreamID])
	}
	c.credit += int64(f.Increment)
	for id := range c.streamLeft {
		if err := c.sendData(id, c.streams[id]); err != nil {
			return err
		}
	}
	return nil
}
