"""swaks and openssl s_client against refmta: in clear text, STARTTLS, TLS from the first byte."""
from stand import Stand, certificate, check, finish, need, path, run

need("swaks")
certificate()
stand = Stand([("relay", "none"), ("relay", "starttls"), ("submission", "implicit")])
plain, starttls, implicit = stand.ports


def swaks(what, port, *words, code=0, text="250 2.0.0"):
    found, output = run("swaks", "--server", f"127.0.0.1:{port}", "--helo", "client.test", "--from",
                        "news@sender.test", "--to", "bob@a.test", "--timeout", "60", *words)
    check(found == code, f"swaks, {what}: exit {code}", output)
    check(text in output, f"swaks, {what}: {text}", output)


def openssl(what, port, *words, text):
    _, output = run("openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-CAfile",
                    path("cert.pem"), "-verify_hostname", "mail.sender.test", "-ign_eof", *words,
                    given="QUIT\r\n")
    check(text in output, f"openssl, {what}: {text}", output)
    return output


trust = ("--tls-verify", "--tls-ca-path", path("cert.pem"), "--tls-sni", "mail.sender.test")
swaks("in clear text", plain)
swaks("pipelined", plain, "--pipeline")
swaks("STARTTLS, verified", starttls, "--tls", *trust, text="TLSv1.3")
swaks("STARTTLS, pipelined behind it", starttls, "--tls", "--pipeline", *trust)
swaks("TLS from the first byte", implicit, "--tls-on-connect", *trust, text="TLSv1.3")
swaks("STARTTLS where there is none", plain, "--tls", code=29, text="did not advertise STARTTLS")
swaks("a large message", starttls, "--tls", "--body", "x" * 70 + ("\\n" + "y" * 70) * 900)

found = openssl("STARTTLS", starttls, "-starttls", "smtp", text="Verification: OK")
check("New, TLSv1.3" in found and "221 2.0.0" in found, "openssl: TLS 1.3, and SMTP inside", found)
openssl("TLS 1.2", starttls, "-starttls", "smtp", "-tls1_2", text="New, TLSv1.2")
openssl("TLS 1.1 is refused", starttls, "-starttls", "smtp", "-tls1_1", "-cipher",
        "DEFAULT@SECLEVEL=0", text="alert protocol version")
found = openssl("implicit TLS", implicit, text="Verification: OK")
check("220 mail.sender.test ESMTP" in found, "openssl: the greeting comes inside", found)

log = stand.stop()
received = [line for line in log if line["event"] == "received"]
check([line["tls"] for line in received] == [False, False, True, True, True, True],
      "the log has the six messages, four of them over TLS", received)
finish()
