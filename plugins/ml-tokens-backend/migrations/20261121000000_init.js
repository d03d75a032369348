// @ts-check

/** @param {import('knex').Knex} knex */
exports.up = async function up(knex) {
  await knex.schema.createTable('tokens', table => {
    table.comment('Access tokens; a row stays when its token has ended');
    table.string('id', 64).primary();
    table.string('name').notNullable();
    table.string('kind', 16).notNullable().comment('personal or service');
    table
      .string('owner')
      .notNullable()
      .index()
      .comment('Entity ref of the person, or of the group of a service token');
    table
      .string('hash', 64)
      .notNullable()
      .unique()
      .comment('SHA-256 of the secret, in hexadecimal; the secret is nowhere');
    table.string('hint', 16).notNullable().comment('How the secret begins');
    table.text('scopes').notNullable().comment('JSON: string[]');
    table
      .string('bound_group')
      .comment('The one group it may change things of');
    table.string('bound_model').comment('The one model it may change');
    table
      .string('live_name')
      .unique()
      .comment('Owner and name while it is not revoked: names are free again');
    table.string('created_by').notNullable();
    table.string('created_at').notNullable().comment('ISO 8601, as all times');
    table.string('expires_at').notNullable();
    table.string('last_used_at').comment('Written once a minute at most');
    table.string('revoked_at');
    table.string('revoked_by');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('tokens');
};
