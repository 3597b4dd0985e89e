-- Tasks that ended in the last 20 hours, :rows of them, as the backend writes them. Every picture is noted as used; the
-- ones that are read are failed ones, so that no picture is missing. The ids hold the numbers, counted from 1.
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
BEGIN;
WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < :rows)
INSERT INTO tasks (number, id, state, workflow, version, attempt, epoch, priority, owner, params, options, created_at,
    started_at, finished_at, images, error, warnings, source, history)
SELECT 1000 + n, printf('00000000-0000-4000-8000-%012d', 100000000000 + n), 'failed', 'free_generation',
    '3f9b2c1d5e6a7f80', 1, 1, 1, 'address 127.0.0.1',
    '{"prompt":"a lighthouse on a cliff at dusk, oil painting, number ' || n || '","negative_prompt":"","seed":' ||
        (n * 7919) || ',"steps":4,"cfg":1.0,"sampler_name":"euler","scheduler":"simple","width":1024,"height":1024,' ||
        '"batch_size":1,"checkpoint":"flux1-schnell-fp8.safetensors"}',
    '{"output_format":null,"quality":null,"previews":false,"keep_metadata":false,"webhook":null}',
    :now - 72000000 + n * 72000000 / :rows - 9000, :now - 72000000 + n * 72000000 / :rows - 8000,
    :now - 72000000 + n * 72000000 / :rows, '[]', 'ComfyUI ran out of GPU memory.', '[]', 'comfyui',
    '{"dropped":0,"changes":[["queued",1,' || (:now - 9000) || '],["running",1,' || (:now - 8000) ||
        '],["failed",1,' || :now || ']]}'
FROM counted;
INSERT INTO file_uses (name, number) SELECT printf('%064x.png', number * 2654435761 % 4294967296), number FROM tasks;
COMMIT;
