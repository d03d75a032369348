// @ts-check

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.createTable('jobs', table => {
    table.comment('Declared runs of code; one row per submission');
    table.string('id', 64).primary();
    table.string('name').notNullable();
    table
      .string('owner')
      .notNullable()
      .comment('Entity ref of the owning group or user');
    table.string('model').comment('Entity ref of the model it trains');
    table.string('state', 16).notNullable().comment('See domain/jobStates.ts');
    table.string('reason', 64).comment('Why it is in this state, for programs');
    table.text('message').comment('The same for people');
    table.text('repository').notNullable();
    table.string('ref').comment('What was asked for: branch, tag or commit');
    table
      .string('commit', 64)
      .notNullable()
      .comment('What it was at submission');
    table.text('definition').notNullable().comment('JSON');
    table
      .boolean('definition_given')
      .notNullable()
      .comment('Sent with the job rather than read from its source');
    table
      .text('parameters')
      .notNullable()
      .comment('JSON, defaults and overrides merged');
    table
      .text('inputs')
      .notNullable()
      .comment('JSON, pinned when first resolved');
    table
      .text('warnings')
      .notNullable()
      .comment('JSON, what the runtime could not honour');
    table.string('environment').comment('Hash or name of the environment');
    table.string('runtime', 64).notNullable().comment('Id of the JobRuntime');
    table
      .integer('attempt')
      .notNullable()
      .comment('Number of the newest attempt, 0 before the first');
    table.string('created_by').notNullable();
    table.string('rerun_of', 64);
    table.string('idempotency_key');
    table
      .string('created_at', 32)
      .notNullable()
      .comment('ISO 8601, as all times here');
    table.string('started_at', 32);
    table.string('ended_at', 32);
    table
      .string('cancel_requested_at', 32)
      .comment('The wish: the reconciler ends the job');
    table.text('cancel_message');
    table
      .string('next_reconcile_at', 32)
      .comment('When the reconciler looks again; null for never');
    table
      .string('ticket', 64)
      .comment('Proof of the lease under which the row is worked on');
    table.unique(['owner', 'idempotency_key'], {
      indexName: 'jobs_idempotency_unique',
    });
    table.index(['next_reconcile_at'], 'jobs_due_index');
    table.index(['state', 'created_at'], 'jobs_state_index');
    table.index(['created_at', 'id'], 'jobs_created_index');
    table.index(['model', 'created_at'], 'jobs_model_index');
  });
  await knex.schema.createTable('job_attempts', table => {
    table.comment('Each try of a job');
    table
      .string('job_id', 64)
      .notNullable()
      .references('id')
      .inTable('jobs')
      .onDelete('CASCADE');
    table.integer('number').notNullable();
    table.string('state', 16).notNullable();
    table.string('reason', 64);
    table.text('message');
    table.string('created_at', 32).notNullable();
    table.string('started_at', 32);
    table.string('ended_at', 32);
    table.integer('exit_code');
    table.primary(['job_id', 'number']);
  });
  await knex.schema.createTable('job_timeline', table => {
    table.comment('What happened to a job, for its page; append only');
    table.increments('id');
    table
      .string('job_id', 64)
      .notNullable()
      .references('id')
      .inTable('jobs')
      .onDelete('CASCADE');
    table.string('at', 32).notNullable();
    table.string('type', 64).notNullable();
    table.text('message').notNullable();
    table.index(['job_id', 'id'], 'job_timeline_job_index');
  });
  await knex.schema.createTable('job_tokens', table => {
    table.comment(
      'Tokens of attempts. Only hashes are kept: a copy of this table opens nothing',
    );
    table.string('hash', 64).primary();
    table
      .string('job_id', 64)
      .notNullable()
      .references('id')
      .inTable('jobs')
      .onDelete('CASCADE');
    table.integer('attempt').notNullable();
    table.string('created_at', 32).notNullable();
    table.index(['job_id'], 'job_tokens_job_index');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('job_tokens');
  await knex.schema.dropTable('job_timeline');
  await knex.schema.dropTable('job_attempts');
  await knex.schema.dropTable('jobs');
};
