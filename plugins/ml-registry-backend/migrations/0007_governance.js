// @ts-check

/**
 * Rules of approval, waivers, lapses, and versions that entered production past their gates. Times are ISO text.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('promotions', table => {
    table
      .text('approval_rule')
      .comment('JSON: count, roles, everyRole; null: members of the owner');
    table
      .text('lapses')
      .notNullable()
      .defaultTo('[]')
      .comment('JSON: approvals that no longer counted, and why');
  });
  await knex.schema.alterTable('promotion_approvals', table => {
    table.text('roles').comment('JSON: roles the person had at the approval');
  });
  await knex.schema.alterTable('model_versions', table => {
    table
      .string('original_author', 255)
      .comment('Who made the version that this one is a copy of');
  });

  await knex.schema.createTable('promotion_waivers', table => {
    table.comment('Gates an approver let a version pass, only ever added to');
    table
      .string('promotion_id', 64)
      .notNullable()
      .references('promotions.id')
      .onDelete('CASCADE');
    table.text('gate').notNullable();
    table
      .string('evidence_digest', 80)
      .notNullable()
      .comment('Counts for this evidence alone');
    table.string('waived_by', 255).notNullable();
    table.string('waived_at', 30).notNullable();
    table.text('reason').notNullable();
    table.primary(['promotion_id', 'gate', 'evidence_digest']);
  });

  await knex.schema.createTable('break_glass', table => {
    table.comment(
      'Versions put into production past gates and approvals, only ever added to',
    );
    table.increments('id');
    table
      .string('name', 256)
      .notNullable()
      .references('registered_models.name')
      .onDelete('CASCADE')
      .onUpdate('CASCADE');
    table.integer('version').notNullable();
    table.string('at', 30).notNullable();
    table.string('actor', 255).notNullable();
    table.text('reason').notNullable();
    table.text('gates').notNullable().comment('JSON: verdicts at that moment');
    table.index(['name', 'version'], 'break_glass_version_idx');
  });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex.schema.dropTable('break_glass');
  await knex.schema.dropTable('promotion_waivers');
  await knex.schema.alterTable('model_versions', table => {
    table.dropColumn('original_author');
  });
  await knex.schema.alterTable('promotion_approvals', table => {
    table.dropColumn('roles');
  });
  await knex.schema.alterTable('promotions', table => {
    table.dropColumn('lapses');
    table.dropColumn('approval_rule');
  });
};
