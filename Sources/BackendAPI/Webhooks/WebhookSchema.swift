import GRDB

/// The tables of the webhooks; they know tasks by their id alone.
enum WebhookSchema {
    static func register(in migrator: inout DatabaseMigrator) {
        migrator.registerMigration("3 webhooks") { database in
            try database.execute(
                sql: """
                    CREATE TABLE webhook_deliveries (
                        number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, task_id TEXT NOT NULL,
                        event TEXT NOT NULL, url TEXT NOT NULL, host TEXT NOT NULL, body TEXT NOT NULL,
                        state TEXT NOT NULL DEFAULT 'pending', round INTEGER NOT NULL DEFAULT 1,
                        tries INTEGER NOT NULL DEFAULT 0, next_at INTEGER NOT NULL, created_at INTEGER NOT NULL,
                        ended_at INTEGER, last_status INTEGER, last_error TEXT, UNIQUE (task_id, event)
                    ) STRICT;
                    CREATE INDEX webhook_deliveries_due ON webhook_deliveries (host, next_at) WHERE state = 'pending';
                    CREATE INDEX webhook_deliveries_ended ON webhook_deliveries (ended_at) WHERE ended_at IS NOT NULL;
                    CREATE TABLE webhook_tries (
                        number INTEGER PRIMARY KEY,
                        delivery TEXT NOT NULL REFERENCES webhook_deliveries (id) ON DELETE CASCADE,
                        at INTEGER NOT NULL, status INTEGER, error TEXT, milliseconds INTEGER NOT NULL
                    ) STRICT;
                    CREATE INDEX webhook_tries_of ON webhook_tries (delivery, number);
                    """)
        }
    }
}
