"""The same contract as it is usually written: FastAPI on uvicorn, httpx between the services, tasks in memory.

    python3 fastapi_service.py backend PORT GPU_SERVICE_PORT
    python3 fastapi_service.py gpu     PORT COMFYUI_PORT

Nothing is kept on a disk, nothing is retried, and no graph is followed: what is left is the price of the stack. The GPU
service submits to whatever answers POST /generate at COMFYUI_PORT at once, and takes that for the result.
"""

import sys
import uuid
from contextlib import asynccontextmanager

import httpx
import uvicorn
from fastapi import FastAPI, Request
from pydantic import BaseModel, Field

ROLE, PORT, NEXT_PORT = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
NEXT = f"http://127.0.0.1:{NEXT_PORT}"


@asynccontextmanager
async def lifespan(app: FastAPI):
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=100)
    async with httpx.AsyncClient(timeout=30, limits=limits) as client:
        app.state.client = client
        yield


app = FastAPI(lifespan=lifespan)
tasks: dict[str, "TaskAnswer"] = {}


class GenerateBody(BaseModel):
    mode: str
    prompt: str | None = Field(default=None, max_length=10_000)
    style: str | None = None
    face_images: list[str] = []
    target_image: str | None = None
    extra_params: dict = {}
    priority: str = "normal"


class TaskAnswer(BaseModel):
    task_id: str
    status: str
    image: str | None = None
    error: str | None = None


class WorkBody(BaseModel):
    workflow: str
    params: dict


async def next_is_there(path: str) -> bool:
    try:
        return (await app.state.client.get(NEXT + path)).status_code == 200
    except httpx.HTTPError:
        return False


if ROLE == "backend":

    @app.get("/health")
    async def health() -> dict:
        there = await next_is_there("/health")
        return {"status": "healthy" if there else "degraded", "gpu_available": there, "version": "1.0.0"}

    @app.post("/generate")
    async def generate(body: GenerateBody, request: Request) -> TaskAnswer:
        task = TaskAnswer(task_id=str(uuid.uuid4()), status="queued")
        tasks[task.task_id] = task
        if "prefer" in request.headers:
            work = {"workflow": body.mode, "params": {"prompt": body.prompt, **body.extra_params}}
            answer = await app.state.client.post(NEXT + "/generate", json=work)
            task.status, task.image = answer.json()["status"], answer.json()["image"]
        return task

else:

    @app.get("/health")
    async def health() -> dict:
        return {"status": "healthy", "service": "gpu_server", "version": "1.0.0"}

    @app.post("/generate")
    async def generate(body: WorkBody) -> dict:
        answer = await app.state.client.post(NEXT + "/generate", json={"prompt": body.params})
        return {"status": "done" if answer.status_code == 200 else "failed", "image": "", "error": None}


uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="warning", access_log=False)
