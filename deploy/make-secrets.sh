#!/bin/sh
# Makes the secrets that docker-compose.prod.yml reads, in ./secrets, and leaves alone what is there.
# Needs a shell and /dev/urandom. The TLS certificate and key are yours to bring:
# secrets/tls_certificate and secrets/tls_key. Keep a copy where the backups are not.
set -eu
cd "$(dirname "$0")/.."

# The folder is closed to other accounts of this machine; the files must be readable by the
# accounts within the containers, which have other numbers.
mkdir -p secrets
chmod 700 secrets
umask 022

random () { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }
# keep <name> <value>: writes aside and renames, so that no half secret is ever read.
keep () {
  [ -e "secrets/$1" ] && return
  printf '%s\n' "$2" > "secrets/.$1"
  mv "secrets/.$1" "secrets/$1"
  echo "made secrets/$1"
}

# An installation of before orders had a secret of their own: its key goes on, so that links in
# mails do. Nobody can compute the other secret from it.
if [ -e secrets/jwt_external_signature ] && [ ! -e secrets/order_signature ]; then
  key=$(openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt salt:fermata -kdfopt info:order-access \
    -kdfopt "key:$(cat secrets/jwt_external_signature)" -binary HKDF | openssl base64 -A |
    tr '+/' '-_' | tr -d '=')
  keep order_signature "derived:$key"
fi

for name in jwt_external_signature jwt_internal_signature order_signature ticket_signature \
  second_factor_secret backup_key metrics_token; do
  keep "$name" "$(random)"
done

for service in gateway auth users events tickets notifications orders payments expiration backups; do
  keep "${service}_database_password" "$(random)"
  password=$(cat "secrets/${service}_database_password")
  keep "database_url_${service}_service" \
    "postgres://$service:$password@$service-database:5432/$service"
done

if [ ! -e secrets/nats_accounts ]; then
  password=$(random)
  keep nats_url "nats://fermata:$password@nats-1:4222,nats://fermata:$password@nats-2:4222,nats://fermata:$password@nats-3:4222"
  keep nats_accounts "authorization { user: fermata, password: \"$password\" }"
fi

if [ ! -e secrets/mail_password ]; then
  : > secrets/mail_password
  echo "made secrets/mail_password, empty: put your mail server's password there"
fi
if [ ! -e secrets/otel_exporter_otlp_headers ]; then
  : > secrets/otel_exporter_otlp_headers
  echo "made secrets/otel_exporter_otlp_headers, empty: for a collector of traces that wants a key"
fi
if [ ! -e secrets/backup_s3_secret_access_key ]; then
  : > secrets/backup_s3_secret_access_key
  echo "made secrets/backup_s3_secret_access_key, empty: for a bucket that keeps backups as well"
fi
for name in tls_certificate tls_key; do
  [ -e "secrets/$name" ] || echo "MISSING secrets/$name: put it there before the start" >&2
done
