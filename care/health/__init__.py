"""Whether a process can do its work, part by part: for probes, and for the metric ``care_part_ready``."""
