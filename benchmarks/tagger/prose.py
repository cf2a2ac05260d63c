"""Sample short running prose from a small language model: what a grammar of carriers cannot write.

Each prompt opens a text of some register with names from the lists in ``fillers``; the model writes on. What comes out is
labelled later (see ``generate``) and the names in it are exchanged, so that no name the model likes is learnt by heart.
"""

# ruff: noqa: E501 - one opening a line
from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

import torch
from fillers import Fillers
from transformers import AutoModelForCausalLM, AutoTokenizer

from tasks.methods.lm.weights import resolve

OPENINGS = (
    "{city} ({org}) - ", "{person} ", "{person}, the ", "{first} and {first2} ", "{last} said ", "In {city}, ",
    "I met {first} in {city} ", "My neighbour {person} ", "@{handle} ", "RT @{handle}: ", "lol {first} ", "so {first} ",
    "Hi {first},\n\nThanks for ", "Dear Mr. {last},\n\nI am writing about ", "Hey {first}, are we still on for ",
    "I stayed at the {org} in {city} and ", "The food at {org} was ", "Great place! {first} at the front desk ",
    "Just landed in {city}! ", "Can't believe {person} ", "Watching the game, {last} ", "{country}'s government ",
    "{org} announced on Monday that ", "According to {person}, ", "Yesterday {first} told me that ",
    "The mayor of {city}, {person}, ", "{person} was born in {city}, {country}, ", "Police in {city} ",
    "Has anyone been to {city}? ", "Q: Where can I find a good ", "Does anybody know how to ", "We moved from {city} to {city2} ",
    "The {nationality} president ", "{nationality} troops near {city} ", "President {last} ", "Dr. {last} at {org} ",
    "My son {first} goes to ", "Call {first} at ", "Meeting notes: {first}, {first2} and ", "From: {person}\nSubject: ",
    "Review of a restaurant on {street}: ", "The river {city} flows ", "Flights from {city} to {city2} ",
    "happy birthday {first}! ", "Goodnight {city}, ", "omg ", "Today I ", "I think that ", "The best thing about ",
    "When the {org} team ", "Coach {last} ", "{last} scored ", "Senator {last} of {state} ", "The {city} Museum ",
    "Attorney General {person} ", "{first}'s mother ", "Please find attached ", "I bought a ", "Last night on TV ",
    "New single by {person} ", "{person} and {person2} will ", "The war in {country} ", "Travelling across {country}, ",
    "Ask {first} if ", "I live in {city} and ", "Thanks to {first} {last} for ", "Our {city} office ", "{first} (my cat) ",
    "Breaking: ", "News from {country}: ", "Dear {org}, ", "The employees of {org} ", "Near {city} airport, ",
)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="folder for the language model's converted weights")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="JSON lines with the fields text and opening (pieces of text and their slots)",
    )
    parser.add_argument("--texts", type=int, default=896)
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    rng, fillers = random.Random(options.seed), Fillers(options.seed)
    folder = resolve("package:smollm2-135m-instruct", options.home).path
    tokenizer = AutoTokenizer.from_pretrained(folder, padding_side="left")
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    written = 0
    with options.out.open("w", encoding="utf-8") as out:
        while written < options.texts:
            pieces = [fillers.pieces(rng.choice(OPENINGS)) for _ in range(64)]
            prompts = ["".join(value for value, _ in row).strip() for row in pieces]
            batch = tokenizer(prompts, return_tensors="pt", padding=True)
            with torch.inference_mode():
                answer = model.generate(
                    **batch, max_new_tokens=36, do_sample=True, temperature=0.95, top_k=60,
                    pad_token_id=tokenizer.pad_token_id,
                )  # fmt: skip
            for text, row in zip(tokenizer.batch_decode(answer, skip_special_tokens=True), pieces, strict=True):
                out.write(json.dumps({"text": text, "opening": row}, ensure_ascii=False) + "\n")
                written += 1
            out.flush()
            print(written, flush=True)


if __name__ == "__main__":
    main()
