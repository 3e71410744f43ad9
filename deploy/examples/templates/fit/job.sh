#!/bin/bash
exec python3 -B fit.py --method "$FIELD_METHOD" --steps "$FIELD_STEPS" "$FIELD_DATA"
