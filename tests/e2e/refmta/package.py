"""The Debian package: what is in it, that its configuration is good, and that the unit is one."""
import os
import shutil

from stand import BIN, ROOT, WORK, check, finish, need, path, run

need("cpack", "dpkg-deb", "dpkg-shlibdeps", "file")
BUILD = os.path.dirname(BIN)
code, text = run("cpack", "--config", os.path.join(BUILD, "CPackConfig.cmake"), "-B", path("package"))
check(code == 0, "cpack makes it", text)
found = [name for name in os.listdir(path("package")) if name.endswith(".deb")] if code == 0 else []
check(len(found) == 1, "one package", found)
if found:
    package = os.path.join(path("package"), found[0])
    text = run("dpkg-deb", "--info", package)[1]
    for word in ("Package: refmta", "libevent", "libssl", "libseccomp", "libsodium23", "postinst", "conffiles"):
        check(word in text, f"its description has {word}", text)
    run("dpkg-deb", "--extract", package, path("root"))
    server = path("root/usr/sbin/refmta")
    code, text = run(server, "--check", path("root/etc/refmta/refmta.json"))
    check(code == 0, "the packaged server takes the packaged configuration", text)
    check(os.path.exists(path("root/usr/share/refmta/schema.json")), "the schema is there")
    unit = path("root/usr/lib/systemd/system/refmta.service")
    check(os.path.exists(unit), "the unit is there")
    if shutil.which("systemd-analyze"):
        with open(unit) as file:
            text = file.read().replace("/usr/sbin/refmta", server)
        with open(path("refmta.service"), "w") as file:
            file.write(text)
        code, text = run("systemd-analyze", "verify", "--man=no", path("refmta.service"))
        check("refmta.service" not in text, "systemd finds nothing wrong in it", text)
shutil.rmtree(WORK)
finish()
