#!/usr/bin/env bash
# Writes, as a tar to standard output, a base image made of this machine's files, for tests that can pull none:
#   local-base.sh runtime   the .NET runtime and the libraries that it loads; no shell, nothing else (like the Dockerfile's RUNTIME_IMAGE)
#   local-base.sh sdk       the SDK, a shell and the few tools that the Dockerfile's build stage runs; packages come from this machine's cache
set -euo pipefail
kind=$1
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
dotnet=$(dirname "$(readlink -f "$(command -v dotnet)")")

put() { mkdir -p "$root$(dirname "$1")"; cp -L "$1" "$root$1"; }
with_libraries() { for file in "$@"; do put "$file"; (ldd "$file" 2>/dev/null || true) | { grep -o '/[^ ]*\.so[^ ]*' || true; } | while read -r library; do put "$library"; done; done; }
# What the runtime opens by name: TLS, and the resolver.
for name in libssl.so.3 libcrypto.so.3 libz.so.1 libgcc_s.so.1 libstdc++.so.6 libnss_files.so.2 libnss_dns.so.2 libresolv.so.2; do
  path=$(ldconfig -p | awk -v n="$name" '$1 == n { print $NF; exit }')
  if [ -n "$path" ]; then with_libraries "$path"; fi
done
mkdir -p "$root/usr/share/dotnet" "$root/usr/bin" "$root/etc" "$root/tmp"
chmod 1777 "$root/tmp"
printf 'root:x:0:0:root:/root:/sbin/nologin\napp:x:1654:1654::/home/app:/sbin/nologin\n' >"$root/etc/passwd"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
cp -a "$dotnet/host" "$dotnet/shared" "$root/usr/share/dotnet/"
put "$dotnet/dotnet"
with_libraries "$(find "$dotnet/host" -name libhostfxr.so | head -n 1)" "$(find "$dotnet/shared/Microsoft.NETCore.App" -name libcoreclr.so | head -n 1)"

if [ "$kind" = sdk ]; then
  for tool in bash cp mkdir find dirname basename ln test cat tar rm uname; do with_libraries "$(type -P "$tool")"; done
  mkdir -p "$root/bin" "$root/home/build/.nuget"
  cp -L "$(command -v bash)" "$root/bin/sh"
  ln -sf /usr/share/dotnet/dotnet "$root/usr/bin/dotnet"
  cp -a "$dotnet/sdk" "$dotnet/packs" "$root/usr/share/dotnet/"
  cp -aL /etc/ssl "$root/etc/" 2>/dev/null || true
  cp -a "${NUGET_PACKAGES:-$HOME/.nuget/packages}" "$root/home/build/.nuget/packages"
fi
tar -C "$root" --numeric-owner --owner=0 --group=0 -cf - .
