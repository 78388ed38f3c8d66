# Sourced by ./dev (POSIX sh). install_packages GROUP… installs what packages.txt lists for these groups and the
# machine lacks. Quick when nothing is missing: one call of dpkg-query.

package_list=deploy/local/packages.txt
policy=/usr/sbin/policy-rc.d
policy_mark='# written by kimberlite ./dev for the time of one installation'

say() { printf 'packages   %s\n' "$*" >&2; }

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null 2>&1; then
    sudo "$@"
  else
    say "this needs root, and sudo is not there; run as root: $*"
    return 1
  fi
}

# Prints "package|alternative reason…" of each entry of the groups of which no alternative is installed.
missing_packages() {
  dpkg-query -W -f '${db:Status-Status} ${Package}\n' | awk -v groups=" $* " '
    NR == FNR { if ($1 == "installed") installed[$2] = 1; next }
    /^#/ || NF < 2 || !index(groups, " " $1 " ") { next }
    {
      count = split($2, names, "|")
      for (i = 1; i <= count; i++) if (names[i] in installed) next
      sub(/^[^ ]+ /, "")
      print
    }' - "$package_list"
}

# Debian starts a server when its package is installed. Ours are private ones under .dev, so none is wanted:
# neither now (policy-rc.d) nor a PostgreSQL cluster at all (createcluster.conf). What exists already is left alone.
keep_servers_quiet() {
  conf=/etc/postgresql-common/createcluster.conf
  if [ ! -e "$conf" ]; then
    say "writing $conf: installing PostgreSQL shall not create a cluster of its own"
    as_root sh -c "mkdir -p ${conf%/*} && printf '%s\n' '# written by kimberlite ./dev' \
      'create_main_cluster = false' >$conf"
  fi
  if [ ! -e "$policy" ]; then
    as_root sh -c "printf '%s\n' '#!/bin/sh' '$policy_mark' 'exit 101' >$policy && chmod 755 $policy"
  fi
}

# Removes policy-rc.d if it is ours, also one that an interrupted run left behind.
restore_policy() {
  if grep -qsF "$policy_mark" "$policy"; then as_root rm -f "$policy"; fi
}

install_packages() {
  if ! command -v dpkg-query >/dev/null 2>&1; then
    say "not a Debian system: see $package_list for what must be installed"
    return 0
  fi
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0

  say "missing, and what each is for:"
  printf '%s\n' "$missing" | sed 's/^\([^ ]*\) /  \1: /' >&2
  as_root apt-get update -q >&2 || say "apt-get update failed; trying with the lists at hand"

  names=
  for alternatives in $(printf '%s\n' "$missing" | cut -d' ' -f1); do
    chosen=
    for name in $(printf '%s' "$alternatives" | tr '|' ' '); do
      if apt-cache show "$name" >/dev/null 2>&1; then chosen=$name; break; fi
    done
    if [ -z "$chosen" ]; then say "no package source offers $alternatives"; return 1; fi
    names="$names $chosen"
  done

  trap 'restore_policy' EXIT
  trap 'exit 130' INT TERM
  case "$names " in
    *" postgresql-"* | *" redis-server "* | *" nginx-light "* | *" varnish "*) keep_servers_quiet ;;
  esac
  say "installing:$names"
  # shellcheck disable=SC2086 # one word per package
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $names >&2 || {
    say "apt-get could not install them"
    return 1
  }
  restore_policy
  trap - EXIT INT TERM

  for unit in redis-server nginx varnish; do
    case "$names " in
      *" $unit "* | *" $unit-light "*)
        if [ -d /run/systemd/system ]; then
          say "disabling the $unit unit just installed: ./dev runs its own"
          as_root systemctl disable $unit >&2
        fi ;;
    esac
  done
}
