"""Runs the providers' own Python clients against the emulated providers, unchanged.

usage: clients.py FAL_PORT REPLICATE_PORT HUGGINGFACE_PORT

fal-client and huggingface_hub know their hosts by name and speak https, so their calls go through a proxy on this
machine that ends TLS with a certificate of its own and hands each host to its emulator. replicate is given its base URL.
"""

import os
import select
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

FAL, REPLICATE, HUGGING_FACE = (int(port) for port in sys.argv[1:4])
HOSTS = {
    "queue.fal.run": FAL, "fal.run": FAL, "rest.fal.ai": FAL, "v3.fal.media": FAL,
    "router.huggingface.co": HUGGING_FACE, "huggingface.co": HUGGING_FACE,
}


def make_certificate(folder):
    names = ",".join(f"DNS:{host}" for host in HOSTS)
    cert, key = f"{folder}/cert.pem", f"{folder}/key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", key, "-out", cert,
         "-subj", "/CN=emulated providers", "-addext", f"subjectAltName={names}"],
        check=True, capture_output=True)
    return cert, key


def pump(one, other):
    """Carries bytes both ways until either side ends."""
    ends = {one: other, other: one}
    try:
        while True:
            waiting = [one] if isinstance(one, ssl.SSLSocket) and one.pending() else select.select(list(ends), [], [])[0]
            for end in waiting:
                data = end.recv(65536)
                if not data:
                    return
                ends[end].sendall(data)
    except OSError:
        pass
    finally:
        one.close()
        other.close()


def serve_proxy(context):
    listener = socket.create_server(("127.0.0.1", 0))

    def take(client):
        head = b""
        while b"\r\n\r\n" not in head:
            piece = client.recv(4096)
            if not piece:
                return client.close()
            head += piece
        host = head.split()[1].decode().rsplit(":", 1)[0]
        if host not in HOSTS:
            client.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return client.close()
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            pump(context.wrap_socket(client, server_side=True), socket.create_connection(("127.0.0.1", HOSTS[host])))
        except OSError:
            client.close()

    def accept():
        while True:
            client, _ = listener.accept()
            threading.Thread(target=take, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]


PNG = b"\x89PNG\r\n\x1a\n"
failures = []


def check(name, condition, shown=""):
    print(("ok    " if condition else "FAIL  ") + name, shown if not condition else "")
    if not condition:
        failures.append(name)


def check_fal():
    import urllib.request

    import fal_client

    handle = fal_client.submit("fal-ai/flux/dev", arguments={"prompt": "a cat", "seed": 42})
    kinds = [type(event).__name__ for event in handle.iter_events(with_logs=True, interval=0.01)]
    check("fal: submit and events", kinds[0] == "Queued" and kinds[-1] == "Completed", kinds)
    result = handle.get()
    check("fal: result", result["seed"] == 42 and result["images"][0]["content_type"] == "image/png", result)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(result["images"][0]["url"]) as answer:
        check("fal: picture", answer.read().startswith(PNG))
    check("fal: subscribe", "images" in fal_client.subscribe("fal-ai/flux-pulid", arguments={"prompt": "a"}))
    check("fal: run", "images" in fal_client.run("fal-ai/flux/schnell", arguments={"prompt": "a cat"}))
    handle = fal_client.submit("fal-ai/flux/dev", arguments={"prompt": "a cat"})
    fal_client.cancel("fal-ai/flux/dev", handle.request_id)
    check("fal: cancel", True)
    url = fal_client.upload(b"hello", "text/plain", "h.txt")
    check("fal: upload", url.startswith("http"), url)
    try:
        fal_client.subscribe("fal-ai/flux/dev", arguments={})
        check("fal: a wrong input is refused", False)
    except fal_client.FalClientHTTPError as error:
        check("fal: a wrong input is refused", error.status_code == 422, error)


def check_replicate():
    import io

    import replicate

    client = replicate.Client(api_token="r8_test", base_url=f"http://127.0.0.1:{REPLICATE}")
    version = "0fbacf7afc6c144e5be9767cff80f25aff23e52b0708f17e20f9879b2f21516c"
    prediction = client.predictions.create(version=version, input={"img": "https://example.com/a.png"})
    check("replicate: create", prediction.status == "starting", prediction)
    prediction.wait()
    check("replicate: wait", prediction.status == "succeeded" and "/results/" in str(prediction.output), prediction)
    output = client.run(f"tencentarc/gfpgan:{version}", input={"img": io.BytesIO(PNG), "scale": 2})
    check("replicate: run with an upload", "/results/" in str(output), output)
    output = client.run("black-forest-labs/flux-schnell", input={"prompt": "a cat"})
    check("replicate: run of an official model", "/results/" in str(output), output)
    prediction = client.predictions.create(version=version, input={"img": "https://example.com/a.png"})
    prediction.cancel()
    check("replicate: cancel", prediction.status == "canceled", prediction)
    check("replicate: list", any(p.id == prediction.id for p in client.predictions.list().results))
    try:
        client.predictions.create(version=version, input={})
        check("replicate: a wrong input is refused", False)
    except replicate.exceptions.ReplicateError as error:
        check("replicate: a wrong input is refused", error.status == 422, error)


def check_hugging_face():
    from huggingface_hub import InferenceClient
    from huggingface_hub.errors import HfHubHTTPError

    image_model, text_model = "black-forest-labs/FLUX.1-schnell", "mistralai/Mistral-7B-Instruct-v0.3"
    client = InferenceClient(provider="hf-inference", api_key="hf_test")
    image = client.text_to_image("a cat", model=image_model, width=64, height=40)
    check("huggingface: text to image", image.size == (64, 40), image)
    answer = client.chat_completion([{"role": "user", "content": "hi"}], model=text_model, max_tokens=16)
    check("huggingface: chat", answer.choices[0].message.content == "You said: hi", answer)
    pieces = client.chat_completion([{"role": "user", "content": "hi"}], model=text_model, stream=True)
    text = "".join(piece.choices[0].delta.content or "" for piece in pieces)
    check("huggingface: streamed chat", text.strip() == "You said: hi", text)
    direct = InferenceClient(base_url=f"http://127.0.0.1:{HUGGING_FACE}/v1", api_key="hf_test")
    answer = direct.chat.completions.create(model=text_model, messages=[{"role": "user", "content": "yo"}])
    check("huggingface: chat at a base URL", answer.choices[0].message.content == "You said: yo", answer)
    try:
        InferenceClient(provider="hf-inference", api_key="hf_test").text_to_image(None, model=image_model)
        check("huggingface: a wrong input is refused", False)
    except HfHubHTTPError as error:
        check("huggingface: a wrong input is refused", error.response.status_code == 422, error)


def main():
    folder = tempfile.mkdtemp()
    cert, key = make_certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    proxy = f"http://127.0.0.1:{serve_proxy(context)}"
    os.environ.update(
        SSL_CERT_FILE=cert, HTTPS_PROXY=proxy, https_proxy=proxy, NO_PROXY="127.0.0.1", no_proxy="127.0.0.1",
        FAL_KEY="id:secret", HF_HUB_DISABLE_TELEMETRY="1", HF_HUB_DISABLE_UPDATE_CHECK="1")
    for part in (check_fal, check_replicate, check_hugging_face):
        try:
            part()
        except Exception as error:  # a client that cannot go on is the finding
            check(part.__name__, False, repr(error))
    sys.exit(1 if failures else 0)


main()
