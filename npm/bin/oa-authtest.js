#!/usr/bin/env node
// Runs the program of the package for this platform, which npm installs beside this one (optionalDependencies). Nothing is downloaded here.
"use strict";

const { spawn } = require("node:child_process");
const { constants } = require("node:os");

/** The exit code of oa-authtest for "could not test". */
const COULD_NOT_TEST = 3;

function fail(message) {
  process.stderr.write(`error: ${message}\n`);
  process.exit(COULD_NOT_TEST);
}

/** The path of the program, or the end of this one. */
function program() {
  const platform = `${process.platform}-${process.arch}`;
  const packages = require("../package.json").optionalDependencies;
  const name = `@oa-authtest/${platform}`;
  if (!(name in packages)) {
    const all = Object.keys(packages).map((name) => name.split("/")[1]);
    fail(`oa-authtest has no program for ${platform}; it has for ${all.join(", ")}. Build it with Rust: cargo install --locked oa-authtest`);
  }
  try {
    return require.resolve(`${name}/oa-authtest${process.platform === "win32" ? ".exe" : ""}`);
  } catch {
    fail(`${name} is not installed. Install again without --omit=optional, and on this platform: node_modules of another has another program.`);
  }
}

const path = program();
const args = process.argv.slice(2);

// Newer versions of Node.js can become the program: then there is nothing to pass on.
if (process.platform !== "win32" && typeof process.execve === "function") {
  process.execve(path, [path, ...args], process.env);
}

const child = spawn(path, args, { stdio: "inherit" });
const fromTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    // Ctrl-C reaches the program from the terminal already, and a second one would end it at once.
    if (!(signal === "SIGINT" && fromTerminal)) child.kill(signal);
  });
}
child.on("error", (error) => fail(`${path} cannot be started: ${error.message}`));
child.on("exit", (code, signal) => {
  process.exitCode = code ?? 128 + constants.signals[signal];
});
