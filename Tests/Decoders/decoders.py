"""Clips per second of mae and of Python's decoders, measured in turn; see Tests/decoders.sh.

Each library lives in a process of its own that reads what it is told to and answers with the time that took.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time

FRAMES, STRIDE, SIZE = 16, 4, 224


def frame_numbers(start, count):
    """The frames of a clip; the last one is repeated where the video is too short."""
    return [min(count - 1, start + STRIDE * place) for place in range(FRAMES)]


def read_decord(path, start):
    import decord
    reader = decord.VideoReader(path, width=SIZE, height=SIZE, num_threads=1)
    return len(reader.get_batch(frame_numbers(start, len(reader))).asnumpy())


def read_torchcodec(path, start, mode):
    from torchcodec.decoders import VideoDecoder
    decoder = VideoDecoder(path, num_ffmpeg_threads=1, seek_mode=mode)
    # At full size: resizing is left to others, which is in its favour here.
    return len(decoder.get_frames_at(frame_numbers(start, decoder.metadata.num_frames)).data)


def read_pyav(path, start):
    import av
    with av.open(path) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        # Some files are said to have the rate of their clock, a thousand frames a second, on the average.
        rate = float(stream.guessed_rate or stream.average_rate)
        count = stream.frames or int(rate * (container.duration or 0) / 1e6) or FRAMES
        numbers, got = frame_numbers(start, count), 0
        # By time, as its users do: it has no numbers of frames.
        first = stream.start_time or 0
        container.seek(first + int(numbers[0] / rate / stream.time_base), stream=stream)
        for frame in container.decode(stream):
            if frame.pts is None:
                continue
            number = round(float((frame.pts - first) * stream.time_base) * rate)
            while got < FRAMES and number >= numbers[got]:
                frame.to_ndarray(format="rgb24", width=SIZE, height=SIZE)
                got += 1
            if got == FRAMES:
                break
        return got


READERS = {
    "decord": read_decord,
    "torchcodec": lambda path, start: read_torchcodec(path, start, "exact"),
    "torchcodec-approximate": lambda path, start: read_torchcodec(path, start, "approximate"),
    "pyav": read_pyav,
}


def serve(library):
    """Answers lines of [path, first frames of clips] with seconds, or with the reason why the library cannot read the file."""
    read = READERS[library]
    if library.startswith("torchcodec"):
        import torch
        torch.set_num_threads(1)
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # What libraries print must not pass for an answer.
    for line in sys.stdin:
        path, starts = json.loads(line)
        try:
            started = time.perf_counter()
            frames = sum(read(path, start) for start in starts)
            seconds = time.perf_counter() - started
            answer = {"seconds": seconds} if frames == len(starts) * FRAMES else {"error": f"{frames} of {len(starts) * FRAMES} frames"}
        except BaseException as error:
            answer = {"error": (str(error) or type(error).__name__).strip().splitlines()[0][:100]}
        print(json.dumps(answer), file=answers, flush=True)


class Worker:
    """A library's process; started again when a file kills it."""

    def __init__(self, library):
        self.library = library
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--serve", self.library], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, text=True)

    def seconds(self, path, starts):
        self.process.stdin.write(json.dumps([path, starts]) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        self.process.wait()
        self.start()
        return {"error": "the process died"}


class Ours:
    """`mae bench decode`, told to open the file for every clip; its column with reuse is taken along."""

    def __init__(self, program):
        self.program = program
        self.details = {}

    def seconds(self, path, clips, seed):
        command = [
            self.program, "bench", "decode", path, "--clips", str(clips), "--num-frames", str(FRAMES), "--sampling-rate",
            str(STRIDE), "--size", str(SIZE), "--threads", "1", "--seed", str(seed), "--repetitions", "1", "--format", "json"]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode:
            return {"error": result.stderr.strip().splitlines()[-1]}
        self.details = json.loads(result.stdout)["files"][0]
        return {"seconds": clips / self.details["clips_per_second"], "reuse": clips / self.details["clips_per_second_reuse"]}


def videos(program, paths):
    result = subprocess.run([program, "check", *paths, "--format", "json"], capture_output=True, text=True)
    return [file for file in json.loads(result.stdout)["files"] if file["kind"] == "video"]


def spread(values):
    return f"{statistics.median(values):.2f} ({min(values):.2f}–{max(values):.2f})"


def measure(options):
    ours, peers = Ours(options.mae), {name: Worker(name) for name in READERS}
    raw = open(options.raw, "w") if options.raw else None
    rows = []
    print("| file | s | unreferenced | decoded per delivered | mae clips/s | reuse | fastest peer | its clips/s | ratio |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for file in videos(options.mae, options.paths):
        path = file["path"]
        # The first read warms caches and says how many clips make a turn of about a quarter of a second.
        trial = ours.seconds(path, 4, 0)
        if "error" in trial:
            print(f"{path}: {trial['error']}", file=sys.stderr)
            continue
        clips = max(2, min(60, round(options.turn / (trial["seconds"] / 4))))
        failures = {name: answer["error"] for name in peers if "error" in (answer := peers[name].seconds(path, ours.details["starts"][:1]))}
        rounds = []
        for number in range(options.rounds):
            seconds = {"mae": ours.seconds(path, clips, number)}
            for name in peers:
                if name not in failures:
                    answer = peers[name].seconds(path, ours.details["starts"])
                    if "error" in answer:
                        failures[name] = answer["error"]
                    else:
                        seconds[name] = answer
            rounds.append({name: answer["seconds"] for name, answer in seconds.items()} | {"mae-reuse": seconds["mae"]["reuse"]})
            if raw:
                print(json.dumps({"file": path, "round": number, "clips": clips, "seconds": rounds[-1]}), file=raw, flush=True)
        able = [name for name in peers if name not in failures]
        details = ours.details
        row = {
            "file": path, "duration": details["duration"], "unreferenced": details["frames_unreferenced"] / max(1, details["frames"]),
            "decoded": details["frames_decoded"] / details["frames_delivered"]}
        row["mae"] = statistics.median(clips / entry["mae"] for entry in rounds)
        row["reuse"] = statistics.median(clips / entry["mae-reuse"] for entry in rounds)
        if able:
            row["fastest"] = min(able, key=lambda name: statistics.median(entry[name] for entry in rounds))
            row["peer"] = statistics.median(clips / entry[row["fastest"]] for entry in rounds)
            row["ratios"] = [min(entry[name] for name in able) / entry["mae"] for entry in rounds]
            row["ratio"] = statistics.median(row["ratios"])
        rows.append(row)
        print(
            f"| {os.path.basename(path)} | {row['duration']:.1f} | {row['unreferenced']:.0%} | {row['decoded']:.2f} "
            f"| {row['mae']:.1f} | {row['reuse']:.1f} "
            + (f"| {row['fastest']} | {row['peer']:.1f} | {spread(row['ratios'])} |" if able else "| none | – | – |"), flush=True)
        for name, reason in failures.items():
            print(f"{path}: {name}: {reason}", file=sys.stderr)
    compared = [row for row in rows if "ratio" in row]
    long = [row for row in compared if row["duration"] > 2]
    skippable = [row for row in long if row["unreferenced"] >= 0.4]
    for name, group in [("longer than 2 s, 40 % or more unreferenced", skippable), ("longer than 2 s", long), ("all", compared)]:
        if group:
            ratios = [row["ratio"] for row in group]
            worst = min(group, key=lambda row: row["ratio"])
            print(
                f"{name}: {len(group)} files, median ratio {statistics.median(ratios):.2f}, smallest {worst['ratio']:.2f} "
                f"({os.path.basename(worst['file'])}), largest {max(ratios):.2f}")


def side_by_side(commands):
    """Seconds until the last of the commands, started together, has ended."""
    started = time.perf_counter()
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for command in commands]
    for process in running:
        process.wait()
    return time.perf_counter() - started


def measure_scaling(options):
    """What a second thread gains, beside what a second ffmpeg process gains in the same round."""
    print("| file | two threads of mae over one | two ffmpeg over one | ratio |")
    print("| --- | --- | --- | --- |")
    ratios = []
    for file in videos(options.mae, options.paths):
        path = file["path"]
        one = ["ffmpeg", "-nostdin", "-v", "quiet", "-threads", "1", "-i", path, "-an", "-sn", "-dn", "-f", "null", "-"]
        # Long enough that starting a process does not count.
        loops = max(1, round(options.turn * 4 / side_by_side([one])))
        one[5:5] = ["-stream_loop", str(loops)]
        # Clips per second of one and two threads, runs per second of one and two processes. A single round says little: the two
        # cores may be halves of one, and share it with neighbours.
        rates = {"ours": ([], []), "theirs": ([], [])}
        for number in range(options.rounds):
            for count in (1, 2):
                result = subprocess.run(
                    [options.mae, "bench", "decode", path, "--clips", "48", "--threads", str(count), "--seed", str(number),
                     "--repetitions", "1", "--format", "json"], capture_output=True, text=True)
                rates["ours"][count - 1].append(json.loads(result.stdout)["clips_per_second"])
                rates["theirs"][count - 1].append(count / side_by_side([one] * count))
        ours, theirs = (statistics.median(two) / statistics.median(one) for one, two in rates.values())
        ratios.append(ours / theirs)
        rounds = {name: spread([two / one for one, two in zip(*pair)]) for name, pair in rates.items()}
        print(
            f"| {os.path.basename(path)} | {ours:.2f}, of rounds {rounds['ours']} | {theirs:.2f}, of rounds {rounds['theirs']} "
            f"| {ratios[-1]:.2f} |", flush=True)
    print(f"{len(ratios)} files: median ratio {statistics.median(ratios):.2f}, smallest {min(ratios):.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--serve", choices=READERS)
    parser.add_argument("--mae")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--turn", type=float, default=0.25, help="seconds of one turn")
    parser.add_argument("--raw")
    parser.add_argument("--scaling", action="store_true", help="measure a second thread instead")
    parser.add_argument("paths", nargs="*")
    options = parser.parse_args()
    if options.serve:
        serve(options.serve)
    elif options.scaling:
        measure_scaling(options)
    else:
        measure(options)
