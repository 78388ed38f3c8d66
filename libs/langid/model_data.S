/* The bytes of languages.model, between two names. */
        .section .rodata
        .balign 64
        .globl kimberlite_langid_model
        .globl kimberlite_langid_model_end
kimberlite_langid_model:
        .incbin "languages.model"
kimberlite_langid_model_end:
        .byte 0
        .section .note.GNU-stack, "", %progbits
