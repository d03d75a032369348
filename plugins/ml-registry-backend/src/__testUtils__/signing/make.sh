#!/bin/sh
# Makes the fixtures beside it with the reference tool: a folder signed by key and by certificate.
#   pip install model-signing pyopenssl && sh make.sh
# The private keys are thrown away.
set -eu
cd "$(dirname "$0")"
keys=$(mktemp -d)
rm -rf model && mkdir -p model/data
printf 'flavors:\n  python_function: {python_version: 3.12.4}\n' > model/MLmodel
printf 'scikit-learn==1.9.1\nnumpy==2.3.1\n' > model/requirements.txt
printf 'weights' > model/data/weights.bin

openssl ecparam -name prime256v1 -genkey -noout -out "$keys/key.pem"
openssl ec -in "$keys/key.pem" -pubout -out key.pub 2>/dev/null
openssl ecparam -name secp384r1 -genkey -noout -out "$keys/other.pem"
openssl ec -in "$keys/other.pem" -pubout -out other.pub 2>/dev/null

openssl ecparam -name prime256v1 -genkey -noout -out "$keys/ca.pem"
openssl req -x509 -new -key "$keys/ca.pem" -days 36500 -subj '/O=Example/CN=Example Model CA' -out ca.crt \
  -addext 'keyUsage=critical,keyCertSign'
openssl ecparam -name prime256v1 -genkey -noout -out "$keys/leaf.pem"
openssl req -new -key "$keys/leaf.pem" -subj '/O=Example/CN=model-signer.example' -out "$keys/leaf.csr"
printf 'keyUsage=critical,digitalSignature\nbasicConstraints=CA:FALSE\n' > "$keys/leaf.ext"
openssl x509 -req -in "$keys/leaf.csr" -CA ca.crt -CAkey "$keys/ca.pem" -CAcreateserial -days 36500 \
  -extfile "$keys/leaf.ext" -out "$keys/leaf.crt" 2>/dev/null
rm -f ca.srl

model_signing sign key model --private_key "$keys/key.pem" --signature key.sig.json
model_signing sign certificate model --private_key "$keys/leaf.pem" --signing_certificate "$keys/leaf.crt" \
  --certificate_chain ca.crt --signature certificate.sig.json
rm -rf "$keys"
