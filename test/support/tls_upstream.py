"""A scripted service behind TLS, with certificates made by the openssl command when a test asks:
valid under a test authority, for another name, expired, or signed by itself."""

import atexit
import functools
import shutil
import ssl
import subprocess
import tempfile
from pathlib import Path

from support.upstream import Upstream


class Authority:
    """A certificate authority in a directory of its own."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.certificate = self.directory / "ca.pem"
        self._key = self.directory / "ca.key"
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                 "-keyout", self._key, "-out", self.certificate, "-days", "30",
                 "-subj", "/CN=weir test authority",
                 "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")

    def issue(self, label, names, days=30):
        """(certificate, key) for the names; days below 0: expired already."""
        key, request, certificate = (self.directory / f"{label}.{end}" for end in ("key", "csr", "pem"))
        extensions = self.directory / f"{label}.ext"
        extensions.write_text("subjectAltName=" + ",".join(names) + "\n")
        _openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                 "-keyout", key, "-out", request, "-subj", f"/CN={label}")
        if days >= 0:
            _openssl("x509", "-req", "-in", request, "-CA", self.certificate, "-CAkey", self._key,
                     "-CAcreateserial", "-days", str(days), "-extfile", extensions, "-out", certificate)
        else:
            self._issue_expired(request, certificate, extensions)
        return certificate, key

    def _issue_expired(self, request, certificate, extensions):
        # Only `openssl ca` takes both dates; it wants a small directory of its own.
        home = self.directory / "expired"
        home.mkdir(exist_ok=True)
        (home / "index.txt").write_text("")
        (home / "serial").write_text("01\n")
        settings = home / "ca.cnf"
        settings.write_text(
            "[ca]\ndefault_ca=own\n[own]\n"
            f"dir={home}\ndatabase={home}/index.txt\nserial={home}/serial\nnew_certs_dir={home}\n"
            "default_md=sha256\npolicy=any\nemail_in_dn=no\n[any]\ncommonName=supplied\n")
        _openssl("ca", "-batch", "-config", settings, "-in", request, "-out", certificate, "-notext",
                 "-cert", self.certificate, "-keyfile", self._key, "-extfile", extensions,
                 "-startdate", "20200101000000Z", "-enddate", "20200201000000Z")

    def self_signed(self, label, names):
        key, certificate = self.directory / f"{label}.key", self.directory / f"{label}.pem"
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                 "-keyout", key, "-out", certificate, "-days", "30", "-subj", f"/CN={label}",
                 "-addext", "subjectAltName=" + ",".join(names))
        return certificate, key


@functools.lru_cache(maxsize=1)
def authority():
    """One for the whole run."""
    directory = tempfile.mkdtemp(prefix="weir-test-ca-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return Authority(directory)


LOCAL = ("DNS:localhost", "IP:127.0.0.1")


class TlsUpstream(Upstream):
    """`kind` is valid, wrong_name, expired or self_signed."""

    def __init__(self, kind="valid", **more):
        super().__init__(**more)
        ca = authority()
        made = {
            "valid": lambda: ca.issue("valid", LOCAL),
            "wrong_name": lambda: ca.issue("wrong_name", ["DNS:elsewhere.example"]),
            "expired": lambda: ca.issue("expired", LOCAL, days=-1),
            "self_signed": lambda: ca.self_signed("self_signed", LOCAL),
        }[kind]()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*made)
        self.server_names = []     # SNI as it came
        self.handshake_errors = []
        self._context.sni_callback = lambda sock, name, context: self.server_names.append(name)
        self.on_connect = self._shake

    def _shake(self, sock):
        try:
            return self._context.wrap_socket(sock, server_side=True)
        except (ssl.SSLError, OSError) as why:
            self.handshake_errors.append(str(why))
            sock.close()
            return None

    @property
    def url(self):
        return f"https://127.0.0.1:{self.port}"

    @property
    def named_url(self):
        return f"https://localhost:{self.port}"


def _openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"openssl {arguments[0]} failed: {done.stderr}")
