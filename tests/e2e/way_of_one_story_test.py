"""From the wire to the readers and back out; the steps and their expectations are in kimberlite_dev/story.py."""

import fixture
from kimberlite_dev.story import Story


class WayOfOneStory(fixture.Case):
    def test_from_the_wire_to_every_reader_and_back_out(self):
        story = Story(self.stack, lambda milliseconds, sentence: print(f"{milliseconds:>9.0f} ms  {sentence}"))
        story.run()
        # A withdrawn story stays withdrawn, although the wire was polled again since.
        self.assertEqual(self.reader.get(story.path).status, 410)
