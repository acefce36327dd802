package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"strconv"
	"strings"

	auth "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
)

var version = map[string]any{"ext_authz": "v3", "encoding": "protojson"}

func inputOf(request *auth.CheckRequest) (map[string]any, error) {
	http := request.GetAttributes().GetRequest().GetHttp()
	path, query, err := parseTarget(http.GetPath())
	if err != nil {
		return nil, err
	}
	body, truncated, err := parseBody(http)
	if err != nil {
		return nil, err
	}
	input := map[string]any{
		"version":        version,
		"parsed_path":    path,
		"parsed_query":   query,
		"parsed_body":    body,
		"truncated_body": truncated,
	}
	if attributes := request.GetAttributes(); attributes != nil {
		input["attributes"] = messageValue(attributes.ProtoReflect())
	}
	if principal := request.GetAttributes().GetSource().GetPrincipal(); principal != "" {
		input["source_principal"] = principal
	}
	return input, nil
}

func parseTarget(target string) ([]any, map[string]any, error) {
	path, rawQuery, _ := strings.Cut(target, "?")
	decoded, err := url.PathUnescape(path)
	if err != nil {
		return nil, nil, err
	}
	parts := strings.Split(strings.TrimLeft(decoded, "/"), "/")
	segments := make([]any, len(parts))
	for i, part := range parts {
		segments[i] = part
	}
	query, err := parseQuery(rawQuery)
	return segments, query, err
}

func parseQuery(text string) (map[string]any, error) {
	values, err := url.ParseQuery(text)
	if err != nil {
		return nil, err
	}
	query := make(map[string]any, len(values))
	for name, list := range values {
		query[name] = anySlice(list)
	}
	return query, nil
}

func anySlice(texts []string) []any {
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}

func parseBody(http *auth.AttributeContext_HttpRequest) (any, bool, error) {
	headers := http.GetHeaders()
	if headers["x-envoy-auth-partial-body"] == "true" {
		return nil, true, nil
	}
	body := []byte(http.GetBody())
	if len(body) == 0 {
		body = http.GetRawBody()
	}
	if len(body) == 0 {
		return nil, false, nil
	}
	contentType := headers["content-type"]
	isJSON := strings.Contains(contentType, "application/json")
	if !isJSON && !strings.Contains(contentType, "application/x-www-form-urlencoded") {
		return nil, false, nil
	}
	if length, found := headers["content-length"]; found {
		announced, err := strconv.ParseInt(length, 10, 64)
		if err != nil {
			return nil, false, err
		}
		if announced > int64(len(body)) {
			return nil, true, nil
		}
	}
	if isJSON {
		value, err := parseJSON(body)
		return value, false, err
	}
	form, err := parseQuery(string(body))
	return form, false, err
}

func parseJSON(body []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("the body holds more than one JSON value")
	}
	return value, nil
}
