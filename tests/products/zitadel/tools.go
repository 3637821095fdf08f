//go:build tools

// Package main keeps the version of zitadel/oidc that is built in go.sum.
package main

import _ "github.com/zitadel/oidc/v3/example/server"
