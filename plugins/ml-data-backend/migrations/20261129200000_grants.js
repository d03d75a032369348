// @ts-check

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.createTable('dataset_grants', table => {
    table.comment(
      'Who may read guarded data besides its owner, what for, and until when',
    );
    table.string('id').primary();
    table
      .string('entity_ref')
      .notNullable()
      .comment('Lower-case entity ref, dataset:default/breast-masses');
    table.string('grantee').notNullable().comment('Ref of a group or a user');
    table.text('purpose').notNullable();
    table.string('until').notNullable().comment('ISO 8601, UTC');
    table.string('created_by').notNullable();
    table.string('created_at').notNullable();
    table.string('revoked_by');
    table
      .string('revoked_at')
      .comment('Rows stay: an auditor asks who could read then');
    table.index(['entity_ref', 'created_at', 'id'], 'dataset_grants_by_entity');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('dataset_grants');
};
