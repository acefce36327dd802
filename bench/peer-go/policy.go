package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/loader"
	"github.com/open-policy-agent/opa/v1/metrics"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown/cache"
)

var errUndefined = errors.New("undefined decision")

// policy is a query that is compiled once, over a store of its own.
type policy struct {
	store storage.Store
	query rego.PreparedEvalQuery
	cache cache.InterQueryCache
}

func openPolicy(ctx context.Context, file, path string) (*policy, error) {
	bundle, err := loader.NewFileLoader().AsBundle(file)
	if err != nil {
		return nil, err
	}
	// Values are kept as the evaluator needs them, which saves a conversion of the data in each evaluation.
	store := inmem.NewWithOpts(inmem.OptReturnASTValuesOnRead(true), inmem.OptRoundTripOnWrite(false))
	loading, err := store.NewTransaction(ctx, storage.WriteParams)
	if err != nil {
		return nil, err
	}
	query, err := rego.New(
		rego.Query("data."+strings.ReplaceAll(path, "/", ".")),
		rego.ParsedBundle("policy", bundle),
		rego.Store(store),
		rego.Transaction(loading),
	).PrepareForEval(ctx)
	if err != nil {
		store.Abort(ctx, loading)
		return nil, err
	}
	if err := store.Commit(ctx, loading); err != nil {
		return nil, err
	}
	return &policy{store: store, query: query, cache: cache.NewInterQueryCache(nil)}, nil
}

func (p *policy) decide(ctx context.Context, input map[string]any) (any, error) {
	value, err := ast.InterfaceToValue(input)
	if err != nil {
		return nil, err
	}
	transaction, err := p.store.NewTransaction(ctx)
	if err != nil {
		return nil, err
	}
	defer p.store.Abort(ctx, transaction)
	results, err := p.query.Eval(ctx,
		rego.EvalParsedInput(value),
		rego.EvalTransaction(transaction),
		rego.EvalMetrics(metrics.New()),
		rego.EvalInterQueryBuiltinCache(p.cache),
	)
	if err != nil {
		return nil, err
	}
	if len(results) == 0 {
		return nil, errUndefined
	}
	if len(results) > 1 || len(results[0].Expressions) != 1 {
		return nil, fmt.Errorf("%d results instead of one", len(results))
	}
	return results[0].Expressions[0].Value, nil
}
