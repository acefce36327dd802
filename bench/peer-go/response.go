package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	auth "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	types "github.com/envoyproxy/go-control-plane/envoy/type/v3"
	rpc "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/structpb"
)

func responseFor(result any, decisionID string) (*auth.CheckResponse, error) {
	switch decision := result.(type) {
	case bool:
		return withID(&auth.CheckResponse{Status: statusOf(decision)}, nil, decisionID)
	case map[string]any:
		return responseForObject(decision, decisionID)
	default:
		return nil, fmt.Errorf("a decision is a boolean or an object, not %T", result)
	}
}

func responseForObject(decision map[string]any, decisionID string) (*auth.CheckResponse, error) {
	allowed, ok := decision["allowed"].(bool)
	if !ok {
		return nil, fmt.Errorf("the decision has no boolean `allowed`")
	}
	headers, err := headersOf(decision["headers"])
	if err != nil {
		return nil, err
	}
	response := &auth.CheckResponse{Status: statusOf(allowed)}
	if allowed {
		response.HttpResponse = &auth.CheckResponse_OkResponse{OkResponse: &auth.OkHttpResponse{Headers: headers}}
	} else {
		code, err := httpStatusOf(decision["http_status"])
		if err != nil {
			return nil, err
		}
		body, _ := decision["body"].(string)
		denied := &auth.DeniedHttpResponse{Status: &types.HttpStatus{Code: code}, Headers: headers, Body: body}
		response.HttpResponse = &auth.CheckResponse_DeniedResponse{DeniedResponse: denied}
	}
	metadata, _ := decision["dynamic_metadata"].(map[string]any)
	return withID(response, metadata, decisionID)
}

func withID(response *auth.CheckResponse, metadata map[string]any, decisionID string) (*auth.CheckResponse, error) {
	fields, err := structpb.NewStruct(metadata)
	if err != nil {
		return nil, err
	}
	fields.Fields["decision_id"] = structpb.NewStringValue(decisionID)
	response.DynamicMetadata = fields
	return response, nil
}

func statusOf(allowed bool) *rpc.Status {
	if allowed {
		return &rpc.Status{Code: int32(codes.OK)}
	}
	return &rpc.Status{Code: int32(codes.PermissionDenied)}
}

func httpStatusOf(value any) (types.StatusCode, error) {
	number, found := value.(json.Number)
	if value == nil {
		return http.StatusForbidden, nil
	}
	code, err := strconv.Atoi(number.String())
	if _, known := types.StatusCode_name[int32(code)]; !found || err != nil || !known {
		return 0, fmt.Errorf("http_status is not the code of an HTTP status")
	}
	return types.StatusCode(code), nil
}

func headersOf(value any) ([]*core.HeaderValueOption, error) {
	if value == nil {
		return nil, nil
	}
	object, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("headers is not an object")
	}
	var headers []*core.HeaderValueOption
	for name, value := range object {
		text, ok := value.(string)
		if !ok {
			return nil, fmt.Errorf("the value of header %s is not text", name)
		}
		headers = append(headers, &core.HeaderValueOption{Header: &core.HeaderValue{Key: name, Value: text}})
	}
	return headers, nil
}

// badRequest answers what cannot be read. It is a denial like any other, so that no failure mode lets it through.
func badRequest(err error) *auth.CheckResponse {
	denied := &auth.DeniedHttpResponse{Status: &types.HttpStatus{Code: types.StatusCode_BadRequest}, Body: err.Error()}
	return &auth.CheckResponse{
		Status:       &rpc.Status{Code: int32(codes.PermissionDenied), Message: err.Error()},
		HttpResponse: &auth.CheckResponse_DeniedResponse{DeniedResponse: denied},
	}
}
