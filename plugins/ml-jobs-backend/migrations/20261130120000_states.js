// @ts-check

/**
 * The states held, blocked, preempted and lost; a timeline that says the state, the reason, and who brought it about.
 *
 * @param {import('knex').Knex} knex
 */
exports.up = async function up(knex) {
  await knex.schema.alterTable('jobs', table => {
    table
      .string('cancel_requested_by')
      .comment('Who asked for its end; null where an older release took it');
  });
  await knex.schema.alterTable('job_timeline', table => {
    table.string('state', 16).comment('The state from then on');
    table.string('reason', 64).comment('Why, for programs');
    table
      .string('moved_by')
      .comment('An actor, portal, queue:name or runtime:id; null if not kept');
  });
  await knex('job_timeline').update({
    state: knex.raw(
      `case type when 'retrying' then 'queued' when 'waiting' then 'preparing' else type end`,
    ),
  });
  // What an older release knew: a job begins with its submission.
  await knex('job_timeline')
    .where({ type: 'queued' })
    .update({
      reason: 'Submitted',
      moved_by: knex('jobs')
        .select('created_by')
        .where('jobs.id', knex.ref('job_timeline.job_id')),
    });
  await knex('jobs')
    .whereIn('state', ['preparing', 'running'])
    .where('waiting', 'like', '%"preemptedBy"%')
    .update({ state: 'preempted' });
  await knex('job_attempts')
    .where({ state: 'failed', reason: 'ProcessLost' })
    .update({ state: 'lost' });
};

/** @param {import('knex').Knex} knex */
exports.down = async function down(knex) {
  await knex('job_attempts')
    .where({ state: 'lost' })
    .update({ state: 'failed' });
  await knex('jobs').where({ state: 'preempted' }).update({ state: 'running' });
  await knex('jobs')
    .whereIn('state', ['held', 'blocked'])
    .update({ state: 'queued' });
  await knex.schema.alterTable('job_timeline', table => {
    table.dropColumn('moved_by');
    table.dropColumn('reason');
    table.dropColumn('state');
  });
  // Not by the builder: on SQLite that makes the table anew, and takes the attempts and timelines of all jobs along.
  await knex.raw('alter table jobs drop column cancel_requested_by');
};
