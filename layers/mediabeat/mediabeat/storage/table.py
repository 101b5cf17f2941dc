"""The map of the one DynamoDB table: its items, its indexes, and what each access costs.

    pk                   sk                what                                                     made by
    {sid}                head              phase, due mark, last event, and the tail of new events  session_items
    {sid}                page#{hash}       older events of the session; written once                session_items
    measured#{sid}       measured          a checkpoint of a large open session, or the request for    checkpoints
                                           it; a closed session's summary that is too large for a list
    {sid}                start             the `sessionStart` and its caller; the entry in the      session_items
                                           list of sessions; once closed, the summary
    viewer#{p}#{v}       {time}#{sid}      a session of the viewer v in the project p               viewer_items
    upload#{hash}        upload            the mark of an uploaded session, which outlives the session      upload_items
    request#{hash}       first-try         the mark of a start that its player may repeat           upload_items
    projects             {id}              a project and the hashes of its API keys                 project_items
    datastream#{id}      datastream        the project that has this further id                     project_items
    access-key#{id}      access-key        an access key, found by its id                           project_items
    access-keys          {project}#{id}    the same once more, for lists                            project_items
    channel#{id}         channel           a channel, and how many events it has                    channel_items
    channel#{id}         event#{number}    its events                                               channel_items
    channels#{project}   count             how many channels a project has                          channel_items
    channels#{project}   channel#{number}  each of them once more, for the list                     channel_items
    channel-names#{p}    {name}            the status of the channel that has or last had the name  channel_items
    roll#{p}#{lane}      h#, d#, ch#, cd#  counters of a project's hours and days, and of contents  rollups.rollup_items
    uniq#{p}#{v}         {day}             where a viewer's sessions of a day count, and how many   rollups.rollup_items
    applied#{lane}       {ten seconds}     the ids of the changes that the counters have            rollups.rollup_items
    live#{p's hash}      {minute}          how many sessions were heard from in a minute            rollups.live_viewers

    index    partition    sort        items
    due      due_shard    due_at      heads that have a due mark, and requests for checkpoints; sparse
    newest   listing      started_at  starts, with their summaries; sparse

Access patterns
  start a session        put the head, the viewer's entries and the start. The start is the commit: without it, the other items
                         belong to no session
  upload a session       put the mark, the pages and then as above, under conditions that make a repeat harmless
  append an event        one conditional update of the head, which stays below 1 KB: one write unit. Every 50th to 70th event
                         finds the tail full and moves it to a page: two units more
  read a session         one query of its partition. The head sorts first, so an event that moves from the tail to a page during
                         the query is seen at least once
  find due sessions      one query per partition of `due` (see due_partitions), up to now. The cost follows what is due, not what
                         is stored
  list newest sessions   one query of `newest` per device, video type and shard, newest first, read as far as needed
  a viewer's sessions    one query of the viewer's partition. Each entry names the viewer's other UUIDs
  admit a session        one batch read: the project and the channel's name; two more for a further id of a project
  a project, a channel   one get
  change a channel       one transaction under a condition on what was read, so concurrent clients leave no gap in the numbers
  count changes          one transaction for up to 90 changes of sessions: it adds to counters, notes the ids of the changes, and
                         fails if one is noted already. Viewers' items, and names of contents, are read before
  a chart                one query per lane, of a range of hours or days
  a page of a list       channels and their events are numbered: one get for the total, one query for a range of keys

Times are epoch milliseconds; `expires_at`, the table's time to live, is in epoch seconds.
"""

from typing import Any, Final

Item = dict[str, Any]
"""An item or a key in DynamoDB's own typed form, `{"pk": {"S": "…"}}`."""

DUE_INDEX: Final = "due"
NEWEST_INDEX: Final = "newest"


def key(pk: str, sk: str) -> Item:
    """Return the key of an item."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def number_in(item: Item, name: str) -> int | None:
    """Return a number attribute of an item; None when the item lacks it."""
    return int(item[name]["N"]) if name in item else None
