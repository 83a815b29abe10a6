"""One peer on the messages of a file; called by run.py. Prints one line of JSON."""

import asyncio
import json
import os
import pathlib
import resource
import statistics
import sys
import time
import tomllib

AT_ONCE = 32


def model_folder():
    """Where `warmline model fetch` has put the model, with what the peers' loaders ask for beside it."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    usual = cache / "warmline" / "models" / "all-MiniLM-L6-v2"
    return pathlib.Path(os.environ.get("WARMLINE_MODEL_DIR", usual))


def sentence_model():
    """The model for sentence-transformers: the same weights and tokenizer, mean over the tokens."""
    from sentence_transformers import SentenceTransformer, models
    from tokenizers import Tokenizer
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast
    from safetensors.torch import load_file

    folder = model_folder()
    into = pathlib.Path(sys.argv[3]).parent / "model"
    if not (into / "config.json").exists():
        config = BertConfig(
            vocab_size=30522, hidden_size=384, num_hidden_layers=6, num_attention_heads=12,
            intermediate_size=1536, max_position_embeddings=512, type_vocab_size=2,
        )
        model = BertModel(config)
        model.load_state_dict(load_file(folder / "model.safetensors"), strict=False)
        model.save_pretrained(into)
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        tokenizer.no_padding()
        names = dict(unk_token="[UNK]", sep_token="[SEP]", pad_token="[PAD]",
                     cls_token="[CLS]", mask_token="[MASK]")
        PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=256,
                                **names).save_pretrained(into)
        words = models.Transformer(str(into), max_seq_length=256)
        pooling = models.Pooling(words.get_word_embedding_dimension())
        whole = SentenceTransformer(modules=[words, pooling, models.Normalize()], device="cpu")
        whole.save(str(into / "sentence"))
    return str(into / "sentence")


def semantic_router(scope):
    from semantic_router import Route
    from semantic_router.encoders import HuggingFaceEncoder
    from semantic_router.routers import IndexedRouter

    sentence_model()
    encoder = HuggingFaceEncoder(name=str(pathlib.Path(sys.argv[3]).parent / "model"), device="cpu")
    routes = [
        Route(name=intent["name"], utterances=intent["examples"])
        for intent in scope["intents"] if intent.get("examples")
    ]
    router = IndexedRouter(encoder=encoder, routes=routes)

    def batch(texts):
        # Embeds a batch at once, as its own evaluation does.
        return asyncio.run(router._scores_many(texts))

    return router, batch, None


def sentence_transformers(_):
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(sentence_model(), device="cpu")
    return lambda text: model.encode([text]), lambda texts: model.encode(texts, batch_size=AT_ONCE), None


def onnxruntime(_):
    import numpy
    import onnxruntime as runtime
    import torch
    from tokenizers import Tokenizer
    from transformers import BertModel

    sentence_model()
    folder = pathlib.Path(sys.argv[3]).parent
    file = folder / "model.onnx"
    if not file.exists():
        model = BertModel.from_pretrained(folder / "model").eval().requires_grad_(False)

        class Hidden(torch.nn.Module):
            def forward(self, ids, mask):
                return model(input_ids=ids, attention_mask=mask).last_hidden_state

        shape = {0: "batch", 1: "tokens"}
        ones = torch.ones(2, 8, dtype=torch.long)
        torch.onnx.export(Hidden(), (ones, ones), str(file), input_names=["ids", "mask"],
                          output_names=["hidden"], dynamic_axes={"ids": shape, "mask": shape},
                          dynamo=False)
    tokenizer = Tokenizer.from_file(str(model_folder() / "tokenizer.json"))
    tokenizer.enable_truncation(256)
    tokenizer.enable_padding()

    def session(threads):
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        return runtime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])

    def encode(session, texts):
        read = tokenizer.encode_batch(texts)
        ids = numpy.array([text.ids for text in read])
        mask = numpy.array([text.attention_mask for text in read])
        hidden = session.run(None, {"ids": ids, "mask": mask})[0]
        kept = mask[..., None].astype(numpy.float32)
        mean = (hidden * kept).sum(1) / kept.sum(1)
        return mean / numpy.linalg.norm(mean, axis=1, keepdims=True)

    every, one = session(os.cpu_count()), session(1)
    return lambda text: encode(every, [text]), lambda texts: encode(every, texts), \
        lambda texts: encode(one, texts)


def main():
    peer, scope, file = sys.argv[1:]
    scope = tomllib.loads(pathlib.Path(scope).read_text())
    messages = pathlib.Path(file).read_text().splitlines()
    one, batch, core = globals()[peer](scope)
    batches = [messages[i:i + AT_ONCE] for i in range(0, len(messages), AT_ONCE)]
    one(messages[0])
    batch(batches[0])
    took = []
    for message in messages:
        began = time.perf_counter()
        one(message)
        took.append(time.perf_counter() - began)
    began = time.perf_counter()
    for texts in batches:
        batch(texts)
    batched = len(messages) / (time.perf_counter() - began)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    figures = {
        "one": round(len(messages) / sum(took), 1),
        "batched": round(batched, 1),
        "single_ms": round(statistics.median(took) * 1e3, 2),
        "resident_mb": round(memory),
    }
    if core:
        best = 0.0
        for _ in range(3):
            began = time.perf_counter()
            for texts in batches:
                core(texts)
            best = max(best, len(messages) / (time.perf_counter() - began))
        figures["encoder_core"] = round(best, 1)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
