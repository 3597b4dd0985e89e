/// The node classes that the sandbox knows without a workflow that names them, one a line:
/// `class | display name | category | inputs | outputs`.
///
/// An input is `name:KIND`, with `?` before it where it is optional. KIND is `INT default min max step`, `FLOAT …`,
/// `SEED`, `STRING`, `BOOLEAN default`, `[a b]` for a choice, `{a b}` for a choice in ComfyUI's newer form, `@list` for
/// a named list, or the type that a link must have. A `!` before the outputs marks an output node.
enum CoreNodes {
    static let images = """
        LoadImage | Load Image | image | image:@input | IMAGE MASK
        LoadImageMask | Load Image (as Mask) | mask | image:@input, channel:[alpha red green blue] | MASK
        EmptyImage | EmptyImage | image | width:INT 512 1 16384 1, height:INT 512 1 16384 1, batch_size:INT 1 1 4096 1, \
        color:INT 0 0 16777215 1 | IMAGE
        ImageScale | Upscale Image | image/upscaling | image:IMAGE, upscale_method:@methods, width:INT 512 0 16384 1, \
        height:INT 512 0 16384 1, crop:[disabled center] | IMAGE
        ImageScaleBy | Upscale Image By | image/upscaling | image:IMAGE, upscale_method:@methods, \
        scale_by:FLOAT 1 0.01 8 0.01 | IMAGE
        ImageScaleToTotalPixels | ImageScaleToTotalPixels | image/upscaling | image:IMAGE, \
        upscale_method:{nearest-exact bilinear area bicubic lanczos}, \
        megapixels:FLOAT 1 0.01 16 0.01 | IMAGE
        ImageScaleToMaxDimension | ImageScaleToMaxDimension | image/upscaling | image:IMAGE, upscale_method:@methods, \
        largest_size:INT 512 0 16384 1 | IMAGE
        FluxKontextImageScale | FluxKontextImageScale | advanced/conditioning/flux | image:IMAGE | IMAGE
        ImageInvert | Invert Image | image | image:IMAGE | IMAGE
        ImageBlend | ImageBlend | image/postprocessing | image1:IMAGE, image2:IMAGE, blend_factor:FLOAT 0.5 0 1 0.01, \
        blend_mode:{normal multiply screen overlay soft_light difference} | IMAGE
        ImageCrop | Image Crop | image/transform | image:IMAGE, width:INT 512 1 16384 1, height:INT 512 1 16384 1, \
        x:INT 0 0 16384 1, y:INT 0 0 16384 1 | IMAGE
        ImageBatch | Batch Images | image | image1:IMAGE, image2:IMAGE | IMAGE
        ImageUpscaleWithModel | Upscale Image (using Model) | image/upscaling | upscale_model:UPSCALE_MODEL, image:IMAGE \
        | IMAGE
        ImageCompositeMasked | ImageCompositeMasked | image | destination:IMAGE, source:IMAGE, x:INT 0 0 16384 1, \
        y:INT 0 0 16384 1, resize_source:BOOLEAN false, ?mask:MASK | IMAGE
        GetImageSize | Get Image Size | image | image:IMAGE | INT INT INT
        MaskToImage | Convert Mask to Image | mask | mask:MASK | IMAGE
        ImageToMask | Convert Image to Mask | mask | image:IMAGE, channel:[red green blue alpha] | MASK
        InvertMask | InvertMask | mask | mask:MASK | MASK
        GrowMask | GrowMask | mask | mask:MASK, expand:INT 0 -16384 16384 1, tapered_corners:BOOLEAN true | MASK
        SolidMask | SolidMask | mask | value:FLOAT 1 0 1 0.01, width:INT 512 1 16384 1, height:INT 512 1 16384 1 | MASK
        SaveImage | Save Image | image | images:IMAGE, filename_prefix:STRING | !
        PreviewImage | Preview Image | image | images:IMAGE | !
        SaveImageWebsocket | SaveImageWebsocket | api/image | images:IMAGE | !
        """

    static let texts = """
        StringConcatenate | Concatenate | utils/string | string_a:STRING, string_b:STRING, delimiter:STRING | STRING
        StringReplace | Replace | utils/string | string:STRING, find:STRING, replace:STRING | STRING
        RegexReplace | Regex Replace | utils/string | string:STRING, regex_pattern:STRING, replace:STRING, \
        ?case_insensitive:BOOLEAN true, ?multiline:BOOLEAN false, ?dotall:BOOLEAN false, ?count:INT 0 0 100 1 | STRING
        """

    static let loaders = """
        CheckpointLoaderSimple | Load Checkpoint | loaders | ckpt_name:@checkpoints | MODEL CLIP VAE
        UNETLoader | Load Diffusion Model | advanced/loaders | unet_name:@diffusion_models, \
        weight_dtype:[default fp8_e4m3fn fp8_e4m3fn_fast fp8_e5m2] | MODEL
        CLIPLoader | Load CLIP | advanced/loaders | clip_name:@text_encoders, type:[stable_diffusion stable_cascade sd3 \
        stable_audio mochi ltxv pixart cosmos lumina2 wan hidream chroma ace omnigen2 qwen_image hunyuan_image], \
        ?device:[default cpu] | CLIP
        DualCLIPLoader | DualCLIPLoader | advanced/loaders | clip_name1:@text_encoders, clip_name2:@text_encoders, \
        type:[sdxl sd3 flux hunyuan_video hidream hunyuan_image], ?device:[default cpu] | CLIP
        VAELoader | Load VAE | loaders | vae_name:@vae | VAE
        LoraLoader | Load LoRA | loaders | model:MODEL, clip:CLIP, lora_name:@loras, strength_model:FLOAT 1 -100 100 0.01, \
        strength_clip:FLOAT 1 -100 100 0.01 | MODEL CLIP
        LoraLoaderModelOnly | LoraLoaderModelOnly | loaders | model:MODEL, lora_name:@loras, \
        strength_model:FLOAT 1 -100 100 0.01 | MODEL
        UpscaleModelLoader | Load Upscale Model | loaders | model_name:@@upscale_models | UPSCALE_MODEL
        ControlNetLoader | Load ControlNet Model | loaders | control_net_name:@controlnet | CONTROL_NET
        CLIPVisionLoader | Load CLIP Vision | loaders | clip_name:@clip_vision | CLIP_VISION
        StyleModelLoader | Load Style Model | loaders | style_model_name:@style_models | STYLE_MODEL
        CLIPSetLastLayer | CLIP Set Last Layer | conditioning | clip:CLIP, stop_at_clip_layer:INT -1 -24 -1 1 | CLIP
        """

    static let conditioning = """
        CLIPTextEncode | CLIP Text Encode (Prompt) | conditioning | text:STRING, clip:CLIP | CONDITIONING
        CLIPTextEncodeFlux | CLIPTextEncodeFlux | advanced/conditioning/flux | clip:CLIP, clip_l:STRING, t5xxl:STRING, \
        guidance:FLOAT 3.5 0 100 0.1 | CONDITIONING
        TextEncodeQwenImageEdit | TextEncodeQwenImageEdit | advanced/conditioning | clip:CLIP, prompt:STRING, ?vae:VAE, \
        ?image:IMAGE | CONDITIONING
        TextEncodeQwenImageEditPlus | TextEncodeQwenImageEditPlus | advanced/conditioning | clip:CLIP, prompt:STRING, \
        ?vae:VAE, ?image1:IMAGE, ?image2:IMAGE, ?image3:IMAGE | CONDITIONING
        FluxGuidance | FluxGuidance | advanced/conditioning/flux | conditioning:CONDITIONING, \
        guidance:FLOAT 3.5 0 100 0.1 | CONDITIONING
        ReferenceLatent | ReferenceLatent | advanced/conditioning/edit_models | conditioning:CONDITIONING, \
        ?latent:LATENT | CONDITIONING
        ConditioningZeroOut | ConditioningZeroOut | advanced/conditioning | conditioning:CONDITIONING | CONDITIONING
        ConditioningCombine | Conditioning (Combine) | conditioning | conditioning_1:CONDITIONING, \
        conditioning_2:CONDITIONING | CONDITIONING
        ControlNetApplyAdvanced | Apply ControlNet | conditioning/controlnet | positive:CONDITIONING, \
        negative:CONDITIONING, control_net:CONTROL_NET, image:IMAGE, strength:FLOAT 1 0 10 0.01, \
        start_percent:FLOAT 0 0 1 0.001, end_percent:FLOAT 1 0 1 0.001, ?vae:VAE | CONDITIONING CONDITIONING
        InpaintModelConditioning | InpaintModelConditioning | conditioning/inpaint | positive:CONDITIONING, \
        negative:CONDITIONING, vae:VAE, pixels:IMAGE, mask:MASK, noise_mask:BOOLEAN true \
        | CONDITIONING CONDITIONING LATENT
        ModelSamplingFlux | ModelSamplingFlux | advanced/model | model:MODEL, max_shift:FLOAT 1.15 0 100 0.01, \
        base_shift:FLOAT 0.5 0 100 0.01, width:INT 1024 16 16384 8, height:INT 1024 16 16384 8 | MODEL
        ModelSamplingSD3 | ModelSamplingSD3 | advanced/model | model:MODEL, shift:FLOAT 3 0 100 0.01 | MODEL
        ModelSamplingAuraFlow | ModelSamplingAuraFlow | advanced/model | model:MODEL, shift:FLOAT 1.73 0 100 0.01 | MODEL
        DifferentialDiffusion | Differential Diffusion | _for_testing | model:MODEL, ?strength:FLOAT 1 0 1 0.01 | MODEL
        """

    static let sampling = """
        KSampler | KSampler | sampling | model:MODEL, seed:SEED, steps:INT 20 1 10000 1, cfg:FLOAT 8 0 100 0.1, \
        sampler_name:@samplers, scheduler:@schedulers, positive:CONDITIONING, negative:CONDITIONING, \
        latent_image:LATENT, denoise:FLOAT 1 0 1 0.01 | LATENT
        KSamplerAdvanced | KSampler (Advanced) | sampling | model:MODEL, add_noise:[enable disable], noise_seed:SEED, \
        steps:INT 20 1 10000 1, cfg:FLOAT 8 0 100 0.1, sampler_name:@samplers, scheduler:@schedulers, \
        positive:CONDITIONING, negative:CONDITIONING, latent_image:LATENT, start_at_step:INT 0 0 10000 1, \
        end_at_step:INT 10000 0 10000 1, return_with_leftover_noise:[disable enable] | LATENT
        SamplerCustomAdvanced | SamplerCustomAdvanced | sampling/custom_sampling | noise:NOISE, guider:GUIDER, \
        sampler:SAMPLER, sigmas:SIGMAS, latent_image:LATENT | LATENT LATENT
        RandomNoise | RandomNoise | sampling/custom_sampling/noise | noise_seed:SEED | NOISE
        BasicGuider | BasicGuider | sampling/custom_sampling/guiders | model:MODEL, conditioning:CONDITIONING | GUIDER
        CFGGuider | CFGGuider | sampling/custom_sampling/guiders | model:MODEL, positive:CONDITIONING, \
        negative:CONDITIONING, cfg:FLOAT 8 0 100 0.1 | GUIDER
        BasicScheduler | BasicScheduler | sampling/custom_sampling/schedulers | model:MODEL, scheduler:@schedulers, \
        steps:INT 20 1 10000 1, denoise:FLOAT 1 0 1 0.01 | SIGMAS
        KSamplerSelect | KSamplerSelect | sampling/custom_sampling/samplers | sampler_name:@samplers | SAMPLER
        EmptyLatentImage | Empty Latent Image | latent | width:INT 512 16 16384 8, height:INT 512 16 16384 8, \
        batch_size:INT 1 1 4096 1 | LATENT
        EmptySD3LatentImage | EmptySD3LatentImage | latent/sd3 | width:INT 1024 16 16384 16, \
        height:INT 1024 16 16384 16, batch_size:INT 1 1 4096 1 | LATENT
        LatentUpscale | Upscale Latent | latent | samples:LATENT, \
        upscale_method:[nearest-exact bilinear area bicubic bislerp], width:INT 512 0 16384 8, \
        height:INT 512 0 16384 8, crop:[disabled center] | LATENT
        LatentUpscaleBy | Upscale Latent By | latent | samples:LATENT, \
        upscale_method:[nearest-exact bilinear area bicubic bislerp], scale_by:FLOAT 1.5 0.01 8 0.01 | LATENT
        RepeatLatentBatch | Repeat Latent Batch | latent/batch | samples:LATENT, amount:INT 1 1 64 1 | LATENT
        SetLatentNoiseMask | Set Latent Noise Mask | latent/inpaint | samples:LATENT, mask:MASK | LATENT
        VAEDecode | VAE Decode | latent | samples:LATENT, vae:VAE | IMAGE
        VAEDecodeTiled | VAE Decode (Tiled) | _for_testing | samples:LATENT, vae:VAE, tile_size:INT 512 64 4096 32, \
        overlap:INT 64 0 4096 32, temporal_size:INT 64 8 4096 4, temporal_overlap:INT 8 4 4096 4 | IMAGE
        VAEEncode | VAE Encode | latent | pixels:IMAGE, vae:VAE | LATENT
        VAEEncodeForInpaint | VAE Encode (for Inpainting) | latent/inpaint | pixels:IMAGE, vae:VAE, mask:MASK, \
        grow_mask_by:INT 6 0 64 1 | LATENT
        """

    static let all = [images, texts, loaders, conditioning, sampling].joined(separator: "\n")

    /// The choices that several classes share.
    static let lists: [String: [String]] = [
        "methods": ["nearest-exact", "bilinear", "area", "bicubic", "lanczos"],
        "schedulers": [
            "simple", "sgm_uniform", "karras", "exponential", "ddim_uniform", "beta", "normal", "linear_quadratic",
            "kl_optimal",
        ],
        "samplers": [
            "euler", "euler_cfg_pp", "euler_ancestral", "euler_ancestral_cfg_pp", "heun", "heunpp2", "dpm_2",
            "dpm_2_ancestral", "lms", "dpm_fast", "dpm_adaptive", "dpmpp_2s_ancestral", "dpmpp_2s_ancestral_cfg_pp",
            "dpmpp_sde", "dpmpp_sde_gpu", "dpmpp_2m", "dpmpp_2m_cfg_pp", "dpmpp_2m_sde", "dpmpp_2m_sde_gpu",
            "dpmpp_2m_sde_heun", "dpmpp_2m_sde_heun_gpu", "dpmpp_3m_sde", "dpmpp_3m_sde_gpu", "ddpm", "lcm", "ipndm",
            "ipndm_v", "deis", "res_multistep", "res_multistep_cfg_pp", "res_multistep_ancestral",
            "res_multistep_ancestral_cfg_pp", "gradient_estimation", "gradient_estimation_cfg_pp", "er_sde",
            "seeds_2", "seeds_3", "sa_solver", "sa_solver_pece", "ddim", "uni_pc", "uni_pc_bh2",
        ],
    ]
}
