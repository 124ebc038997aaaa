// opa evaluates policies as Open Policy Agent does: a second opinion for tests.
//
// It reads lines of JSON, {"source": …, "v0": …, "inputs": […]}, and answers each with
// {"values": […]}, null where the rule is undefined or fails, or with {"error": …}.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"os"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
)

type question struct {
	Source string `json:"source"`
	V0     bool   `json:"v0"`
	Inputs []any  `json:"inputs"`
}

type answer struct {
	Values []any  `json:"values,omitempty"`
	Error  string `json:"error,omitempty"`
}

func evaluate(q question) answer {
	version := ast.RegoV1
	if q.V0 {
		version = ast.RegoV0
	}
	ctx := context.Background()
	query, err := rego.New(
		rego.Query("data.ratify.policy.valid"),
		rego.SetRegoVersion(version),
		rego.Module("policy.rego", q.Source),
	).PrepareForEval(ctx)
	if err != nil {
		return answer{Error: err.Error()}
	}
	values := make([]any, 0, len(q.Inputs))
	for _, input := range q.Inputs {
		found, err := query.Eval(ctx, rego.EvalInput(input))
		if err != nil || len(found) == 0 {
			values = append(values, nil)
			continue
		}
		values = append(values, found[0].Expressions[0].Value)
	}
	return answer{Values: values}
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64<<20)
	out := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var q question
		if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
			panic(err)
		}
		if err := out.Encode(evaluate(q)); err != nil {
			panic(err)
		}
	}
}
