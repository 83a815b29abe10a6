"""Writes reference.json: vectors of the stock forward pass, for the tests of the encoder.

    pip install sentence-transformers
    python3 reference.py FOLDER_WITH_THE_MODEL > reference.json
"""

import json
import sys

import sentence_transformers
import torch

# (text, repeated so many times): short, long, foreign, noisy, and longer than 256 tokens.
TEXTS = [
    ("Where is my refund? You promised it on Monday.", 1),
    ("I would like to speak to a human, please.", 1),
    ("My order arrived broken and nobody has answered my three e-mails so far, which is, frankly, "
     "not what I expect from a shop that I have recommended to all my colleagues for years.", 1),
    ("no", 1),
    ("", 1),
    ("Où en est ma commande n° 4711 ? 请问我的退款到哪里了？ Danke schön! 🙂", 1),
    ("ERR_0x80070005 while installing VPN-client v2.14.0_beta on C:\\Temp (retry #3)", 1),
    ("The invoice says 1,250.00 EUR but we agreed on 990. ", 40),
]

model = sentence_transformers.SentenceTransformer(sys.argv[1], device="cpu")
model.max_seq_length = 256
rows = []
for text, times in TEXTS:
    vector = model.encode(text * times, normalize_embeddings=True)
    tokens = model.tokenizer(text * times, truncation=True, max_length=256, return_tensors="pt")
    with torch.no_grad():
        layers = model[0].auto_model(**tokens, output_hidden_states=True).hidden_states
    # The first of them is what goes into the first layer.
    wording = torch.nn.functional.normalize(sum(layers[2:6]).mean(dim=1)[0], dim=0)
    rows.append({"text": text, "times": times, "vector": [round(float(v), 7) for v in vector],
                 "wording": [round(float(v), 7) for v in wording]})
made_with = f"sentence-transformers {sentence_transformers.__version__}, torch {torch.__version__}"
print(json.dumps({"made_with": made_with, "rows": rows}, ensure_ascii=False).replace('{"text"', '\n{"text"'))
