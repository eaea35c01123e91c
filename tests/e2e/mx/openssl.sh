#!/bin/bash
# openssl s_client looks at the certificates and versions of simulated hosts.
. "$(dirname "$0")/stand.sh"
need openssl

# look HOSTS-TLS ARGUMENT...: one host with these TLS settings; $OUTPUT is what s_client says.
look() {
    local tls=$1
    shift
    stand_start <<<"{ \"mx.a.test\": { \"tls\": $tls } }"
    OUTPUT=$(printf 'QUIT\r\n' | timeout 300 openssl s_client -starttls smtp -connect "127.0.0.1:$PORT" \
        -CAfile "$WORK/ca.pem" -verify_hostname mx.a.test -ign_eof "$@" 2>&1)
    stand_stop
}

look '{}'
expect_text 'Verification: OK' "a valid host is verified"
expect_text 'New, TLSv1.3' "with TLS 1.3"
expect_text '221 ' "and it speaks SMTP inside"
look '{ "identity": "self-signed" }'
expect_text 'self-signed certificate' "self-signed"
look '{ "identity": "expired" }'
expect_text 'certificate has expired' "expired"
look '{ "identity": "not-yet-valid" }'
expect_text 'certificate is not yet valid' "not yet valid"
look '{ "identity": "wrong-name" }'
expect_text '[Hh]ostname mismatch' "wrong name"
look '{ "identity": "missing-intermediate" }'
expect_text 'unable to (get local issuer|verify the first) certificate' "missing intermediate"
look '{ "identity": "unknown-ca" }'
expect_text 'self-signed certificate in certificate chain' "unknown authority"
look '{ "versions": "1.2" }'
expect_text 'New, TLSv1.2' "TLS 1.2 only"
look '{ "versions": "1.2" }' -tls1_3
expect_text 'alert protocol version|no protocols available' "TLS 1.3 is refused there"
look '{ "versions": "1.0..1.1" }' -tls1_1 -cipher 'DEFAULT@SECLEVEL=0'
expect_text 'New, .*TLSv1' "TLS 1.1 for those who want to see it"
look '{ "ciphers": "ECDHE-ECDSA-AES128-GCM-SHA256", "versions": "1.2" }'
expect_text 'Cipher is ECDHE-ECDSA-AES128-GCM-SHA256' "one cipher"
look '{ "fault": "refuse-454" }'
expect_text 'no peer certificate available' "STARTTLS refused"
look '{ "fault": "garbage" }'
expect_text 'wrong version number' "garbage"
look '{ "fault": "alert" }'
expect_text 'alert handshake failure' "an alert"
look '{ "ask-certificate": true }'
expect_text 'Acceptable client certificate|Requested Signature Algorithms' "a client certificate is asked for"
finish
