# shellcheck shell=sh disable=SC2034
# Sourced by run, check and .ci/run: installs what is missing of a list of Debian packages, and says so in one line.

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null 2>&1; then
        sudo "$@"
    else
        echo "$(basename "$0"): not root and there is no sudo; as root, run: $*" >&2
        return 1
    fi
}

# Names of those packages that are not installed.
missing_packages() {
    for package in "$@"; do
        case "$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null)" in
        *" installed") ;;
        *) printf '%s ' "$package" ;;
        esac
    done
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >"$packages_log" 2>&1
}

# need_packages PACKAGE...: silent and quick when all are there. The list of what the archive has is fetched only when
# installing without it fails.
need_packages() {
    if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
        echo "$(basename "$0"): this is not Debian; needed here are what Debian calls: $*" >&2
        return 0
    fi
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    packages_log=$(mktemp)
    echo "installing with apt-get: $missing"
    # shellcheck disable=SC2086 # a list of words
    if ! apt_install $missing; then
        as_root apt-get update -q >>"$packages_log" 2>&1 || true
        if ! apt_install $missing; then
            cat "$packages_log" >&2
            rm -f "$packages_log"
            return 1
        fi
    fi
    rm -f "$packages_log"
}

PACKAGES_BUILD="gcc libc6-dev meson ninja-build pkg-config libpcap-dev zlib1g-dev libzstd-dev libsqlite3-dev libssl-dev scdoc"
PACKAGES_TEST="libcmocka-dev clang llvm jq tshark tcpdump sip-tester sngrep tmux"
