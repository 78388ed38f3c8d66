#!/usr/bin/env bash
# Builds the image kimberlite:<version> from this checkout and tries each program in it.
# With a Docker engine: docker build. Without one: a Debian base made by debootstrap, built on by
# buildah in a chroot; everything of that lies under .dev/images. Needs root (or sudo) only then.
#
#   KIMBERLITE_IMAGE   name of the image (default kimberlite:<version of CMakeLists.txt>)
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
state=$root/.dev/images
suite=trixie
base=docker.io/library/debian:$suite-slim
programs=(kimberlite-ingest kimberlite-content kimberlite-tagging kimberlite-rendering kimberlite-feed kimberlitectl)

version=$(sed -n 's/^project(kimberlite VERSION \([0-9.]*\).*/\1/p' "$root/CMakeLists.txt")
revision=$(git -C "$root" rev-parse HEAD 2>/dev/null || echo unknown)
image=${KIMBERLITE_IMAGE:-kimberlite:$version}

say() { echo "images: $*"; }
fail() { echo "images: $*" >&2; exit 1; }

build_with_docker() {
  say "docker build of $image"
  DOCKER_BUILDKIT=1 docker build --file "$root/deploy/docker/Dockerfile" --tag "$image" \
    --build-arg VERSION="$version" --build-arg REVISION="$revision" "$root"
  for program in "${programs[@]}"; do
    docker run --rm --read-only --cap-drop ALL --network none "$image" "$program" --help >/dev/null ||
      fail "$program does not start in $image"
  done
}

install_tools() {
  local missing=()
  for tool in debootstrap buildah; do
    command -v "$tool" >/dev/null || missing+=("$tool")
  done
  ((${#missing[@]})) || return 0
  say "installing ${missing[*]}: they build images where no Docker engine runs"
  apt-get update -q
  DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
}

# Prints "URI suite" for each Debian archive that this machine's apt uses, the suites renamed to those of
# the image: what this machine can reach is thus used for the image too, and is named nowhere in the repository.
apt_archives() {
  local codename
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:?}")
  apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(CODENAME) $(REPO_URI)' 'Created-By: Packages' |
    awk -v from="$codename" -v to="$suite" '
      $1 == "Debian" && $2 == "main" && index($3, from) == 1 { sub("^" from, to, $3); print $4, $3 }' | sort -u
}

# What apt in the image must know of this machine: archives, and how to reach them. Mounted while the
# image is built, and so not part of it.
write_apt_settings() {
  mkdir -p "$state/apt/sources.list.d"
  apt_archives >"$state/apt/archives"
  if ! grep -q " $suite\$" "$state/apt/archives"; then
    apt-get update -q
    apt_archives >"$state/apt/archives"
  fi
  grep -q " $suite\$" "$state/apt/archives" || fail "apt on this machine has no Debian archive to take $suite from"
  sed 's/^\([^ ]*\) \(.*\)$/deb \1 \2 main/' "$state/apt/archives" >"$state/apt/sources.list.d/host.list"
  apt-config dump --format '%f "%v";%n' Acquire |
    grep -E '^Acquire::(https?::|Check-|Retries)' >"$state/apt/99host" || true
}

storage=(--root "$state/storage" --runroot "$state/run" --storage-driver vfs)

make_base() {
  if buildah "${storage[@]}" inspect --type image "$base" >/dev/null 2>&1; then
    return 0
  fi
  local archive container root_directory
  archive=$(sed -n "s/ $suite\$//p" "$state/apt/archives" | head -n 1)
  say "making $base with debootstrap"
  container=$(buildah "${storage[@]}" from scratch)
  root_directory=$(buildah "${storage[@]}" mount "$container")
  debootstrap --variant=minbase --include=ca-certificates "$suite" "$root_directory" "$archive" >"$state/debootstrap.log" ||
    fail "debootstrap failed: see $state/debootstrap.log"
  : >"$root_directory/etc/apt/sources.list"
  touch "$root_directory/etc/apt/apt.conf.d/99host"
  rm -rf "$root_directory"/var/cache/apt/archives/*.deb "$root_directory"/var/lib/apt/lists/*
  buildah "${storage[@]}" commit --quiet --rm "$container" "$base" >/dev/null
}

build_without_docker() {
  if ((EUID != 0)); then
    say "no Docker engine: building in a chroot, which needs root"
    exec sudo --preserve-env=KIMBERLITE_IMAGE,http_proxy,https_proxy,no_proxy "${BASH_SOURCE[0]}"
  fi
  install_tools
  mkdir -p "$state"
  write_apt_settings
  make_base
  say "buildah bud of $image"
  buildah "${storage[@]}" bud --isolation chroot --pull-never \
    --file "$root/deploy/docker/Dockerfile" --ignorefile "$root/deploy/docker/Dockerfile.dockerignore" \
    --volume "$state/apt/sources.list.d:/etc/apt/sources.list.d:ro" \
    --volume "$state/apt/99host:/etc/apt/apt.conf.d/99host:ro" \
    --build-arg VERSION="$version" --build-arg REVISION="$revision" --tag "$image" "$root"

  local container
  container=$(buildah "${storage[@]}" from --pull-never "$image")
  trap "buildah ${storage[*]} rm $container >/dev/null" EXIT
  for program in "${programs[@]}"; do
    buildah "${storage[@]}" run --isolation chroot "$container" -- "$program" --help >/dev/null ||
      fail "$program does not start in $image"
  done
}

[[ -n $version ]] || fail "CMakeLists.txt names no version"
if docker info >/dev/null 2>&1; then
  build_with_docker
else
  build_without_docker
fi
say "$image is built; ${programs[*]} start in it"
