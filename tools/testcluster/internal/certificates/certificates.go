// Package certificates issues the certificates of one cluster.
package certificates

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// lifetime is longer than any test runs.
const lifetime = 30 * 24 * time.Hour

// Authority signs every certificate of one cluster. Its key is never read again after the cluster's start.
type Authority struct {
	folder      string
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// NewAuthority makes the folder, with ca.crt and ca.key in it.
func NewAuthority(folder string) (*Authority, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	authority := &Authority{folder: folder}
	draft, err := draftFor(pkix.Name{CommonName: "testcluster"})
	if err != nil {
		return nil, err
	}
	draft.IsCA = true
	draft.BasicConstraintsValid = true
	draft.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	authority.certificate, authority.key, err = authority.sign("ca", draft)
	return authority, err
}

// Issue writes NAME.crt and NAME.key. Anyone may be a client with them; with hosts, a server by these names too.
func (a *Authority) Issue(name string, subject pkix.Name, hosts ...string) error {
	draft, err := draftFor(subject)
	if err != nil {
		return err
	}
	for _, host := range hosts {
		if address := net.ParseIP(host); address != nil {
			draft.IPAddresses = append(draft.IPAddresses, address)
		} else {
			draft.DNSNames = append(draft.DNSNames, host)
		}
	}
	_, _, err = a.sign(name, draft)
	return err
}

// Certificate is the path of a certificate, Key that of its key.
func (a *Authority) Certificate(name string) string { return filepath.Join(a.folder, name+".crt") }

// Key is the path of a certificate's private key.
func (a *Authority) Key(name string) string { return filepath.Join(a.folder, name+".key") }

func draftFor(subject pkix.Name) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 62))
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      subject,
		NotBefore:    now.Add(-time.Minute), // times in certificates are rounded to seconds
		NotAfter:     now.Add(lifetime),
		KeyUsage:     x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, err
}

func (a *Authority) sign(name string, draft *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	issuer, issuerKey := a.certificate, a.key
	if issuer == nil { // the authority's own
		issuer, issuerKey = draft, key
	}
	signed, err := x509.CreateCertificate(rand.Reader, draft, issuer, &key.PublicKey, issuerKey)
	if err != nil {
		return nil, nil, err
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	if err := write(a.Certificate(name), "CERTIFICATE", signed); err != nil {
		return nil, nil, err
	}
	if err := write(a.Key(name), "EC PRIVATE KEY", secret); err != nil {
		return nil, nil, err
	}
	certificate, err := x509.ParseCertificate(signed)
	return certificate, key, err
}

func write(path, kind string, content []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600)
}
