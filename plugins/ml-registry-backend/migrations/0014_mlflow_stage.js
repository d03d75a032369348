// @ts-check

/**
 * The stage that MLflow clients see. It stays `none` until somebody moves the version: gates that pass move `stage`
 * alone, which is the portal's. Versions that gates had brought into staging are taken back to `none` for clients.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('model_versions', table => {
    table
      .string('mlflow_stage', 20)
      .notNullable()
      .defaultTo('none')
      .comment('Where somebody put it; what MLflow calls current_stage');
    table.index(
      ['name', 'mlflow_stage', 'version'],
      'model_versions_mlflow_stage_idx',
    );
  });
  await knex('model_versions').update({ mlflow_stage: knex.ref('stage') });
  await knex('model_versions')
    .where({ stage: 'staging' })
    .whereExists(
      knex('ledger')
        .whereRaw(
          'ledger.name = model_versions.name AND ledger.version = model_versions.version',
        )
        .where({ to_stage: 'staging', actor: 'service:ml-registry' }),
    )
    .update({ mlflow_stage: 'none' });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.alterTable('model_versions', table => {
    table.dropIndex([], 'model_versions_mlflow_stage_idx');
    table.dropColumn('mlflow_stage');
  });
};
