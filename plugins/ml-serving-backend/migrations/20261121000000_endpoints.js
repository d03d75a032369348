// @ts-check

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.createTable('endpoints', table => {
    table.comment(
      'Endpoints; each follows the production version of one model',
    );
    table
      .string('id', 330)
      .primary()
      .comment('namespace/name, that of the model');
    table.string('namespace', 63).notNullable();
    table.string('name', 256).notNullable();
    table.string('model_ref', 400).notNullable();
    table
      .string('owner')
      .notNullable()
      .comment('Entity ref, as the catalog had it at creation');
    table
      .integer('generation')
      .notNullable()
      .comment('Grows with each change of the wish');
    table
      .integer('observed_generation')
      .notNullable()
      .comment('The generation that answers');
    table
      .integer('wanted_version')
      .comment("The registry's production version as last seen");
    table
      .integer('current_version')
      .comment(
        'The newest version whose files are here; what the gateway is told to serve',
      );
    table
      .integer('previous_version')
      .comment('Kept loaded for an instant rollback');
    table.string('state', 16).notNullable();
    table.text('conditions').notNullable().comment('JSON');
    table.string('created_by').notNullable();
    table
      .string('created_at', 32)
      .notNullable()
      .comment('ISO 8601, as all times here');
    table
      .string('next_reconcile_at', 32)
      .comment('When the reconciler looks again');
    table
      .string('ticket', 64)
      .comment('Proof of the lease under which the row is worked on');
    table.index(['next_reconcile_at'], 'endpoints_due_index');
    table.index(['model_ref'], 'endpoints_model_index');
  });
  await knex.schema.createTable('endpoint_versions', table => {
    table.comment('Model versions whose files lie on this machine');
    table
      .string('endpoint_id', 330)
      .notNullable()
      .references('id')
      .inTable('endpoints')
      .onDelete('CASCADE');
    table.integer('version').notNullable();
    table.text('path').notNullable().comment('The .onnx file');
    table.string('sha256', 64).notNullable();
    table
      .text('features')
      .notNullable()
      .comment('JSON, columns in the order of the signature');
    table
      .text('predictions')
      .notNullable()
      .comment('JSON, columns of the answers, known once loaded');
    table.primary(['endpoint_id', 'version']);
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('endpoint_versions');
  await knex.schema.dropTable('endpoints');
};
