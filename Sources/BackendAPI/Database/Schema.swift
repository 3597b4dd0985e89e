import GRDB

/// The tables, and how each version of them came from the one before.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 tasks") { database in
            try database.execute(
                sql: """
                    CREATE TABLE tasks (
                        number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, state TEXT NOT NULL,
                        workflow TEXT NOT NULL, version TEXT NOT NULL, attempt INTEGER NOT NULL,
                        epoch INTEGER NOT NULL, priority INTEGER NOT NULL, params TEXT NOT NULL,
                        options TEXT NOT NULL, created_at INTEGER NOT NULL, started_at INTEGER,
                        finished_at INTEGER, images TEXT NOT NULL, error TEXT, warnings TEXT NOT NULL, source TEXT
                    ) STRICT;
                    CREATE INDEX tasks_live ON tasks (state) WHERE state IN ('queued', 'running');
                    CREATE INDEX tasks_by_state ON tasks (state, number);
                    CREATE TABLE kept (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
                    """)
        }
        migrator.registerMigration("2 lives") { database in
            try database.execute(
                sql: """
                    ALTER TABLE tasks ADD COLUMN owner TEXT NOT NULL DEFAULT '';
                    ALTER TABLE tasks ADD COLUMN cause TEXT;
                    ALTER TABLE tasks ADD COLUMN cancelling INTEGER NOT NULL DEFAULT 0;
                    ALTER TABLE tasks ADD COLUMN history TEXT NOT NULL DEFAULT '{}';
                    CREATE INDEX tasks_ended ON tasks (finished_at) WHERE finished_at IS NOT NULL;
                    CREATE INDEX tasks_by_workflow ON tasks (workflow, number);
                    CREATE TABLE submissions (
                        owner TEXT NOT NULL, route TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL,
                        task TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (owner, route, key)
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX submissions_by_task ON submissions (task);
                    CREATE INDEX submissions_by_age ON submissions (at);
                    CREATE TABLE file_uses (
                        name TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (name, number)
                    ) STRICT, WITHOUT ROWID;
                    CREATE INDEX file_uses_by_task ON file_uses (number);
                    INSERT OR IGNORE INTO file_uses SELECT value, number FROM tasks, json_each(tasks.images);
                    INSERT OR IGNORE INTO file_uses SELECT value, number FROM tasks, json_tree(tasks.params)
                        WHERE key = 'input' AND type = 'text';
                    """)
        }
        WebhookSchema.register(in: &migrator)
        migrator.registerMigration("4 errands") { database in
            try database.execute(
                sql: "ALTER TABLE tasks ADD COLUMN parent TEXT; ALTER TABLE tasks ADD COLUMN errand TEXT;")
        }
        KeyRow.register(in: &migrator)
        migrator.registerMigration("7 pods") { database in
            try database.execute(sql: "ALTER TABLE tasks ADD COLUMN pod TEXT;")
        }
        return migrator
    }
}
