"""Many people from a CSV file, each exactly once although Webex has no idempotency keys.

csv_file      bytes -> a table, or a sentence that says why not
line_checks   what is wrong with a line, without asking anybody
jobs          make, start, stop, go on, delete
work          the loop of a worker: claims rows, lets threads ask, records what came
asking        one row, one question to Webex
outcomes      what an answer means for its row
pauses        how long a whole job waits before it asks again
gates         the first user of a new enterprise goes ahead of the others
remarks       what is said of a line, kept as codes
progress      how far it is, in figures and sentences
result_file   the file again, with what came of each line
"""
