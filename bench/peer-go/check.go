package main

import (
	"context"

	auth "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

type authorizer struct {
	auth.UnimplementedAuthorizationServer
	policy *policy
}

func (a *authorizer) Check(ctx context.Context, request *auth.CheckRequest) (*auth.CheckResponse, error) {
	decisionID := uuid.NewString()
	input, err := inputOf(request)
	if err != nil {
		return badRequest(err), nil
	}
	if err := ctx.Err(); err != nil {
		return nil, status.FromContextError(err).Err()
	}
	result, err := a.policy.decide(ctx, input)
	if err != nil {
		if ctx.Err() != nil {
			return nil, status.FromContextError(ctx.Err()).Err()
		}
		return nil, status.Error(codes.Unknown, err.Error())
	}
	response, err := responseFor(result, decisionID)
	if err != nil {
		return nil, status.Error(codes.Unknown, err.Error())
	}
	return response, nil
}
