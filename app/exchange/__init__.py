"""Files that go in and out: readers, writers and export presets. Pure: knows the domain and nothing else of ours."""
