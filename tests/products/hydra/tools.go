//go:build tools

// Package main keeps the version of Ory Hydra that is built in go.sum.
package main

import _ "github.com/ory/hydra/v2"
