var x=`.dream {
  container-type: inline-size;
  color: var(--st-text-color);
  font: 400 0.875rem var(--st-font);
}
.columns {
  display: grid;
  grid-template-columns: minmax(0, 1fr) auto;
  gap: 2rem;
  align-items: start;
}
label {
  display: grid;
  grid-template-columns: 1fr auto;
  margin-bottom: 0.6rem;
}
label input {
  grid-column: 1 / -1;
}
input {
  width: 100%;
  height: 1.5rem;
  margin: 0;
  accent-color: var(--st-primary-color);
  cursor: pointer;
}
.place,
small {
  font-variant-numeric: tabular-nums;
  opacity: 0.75;
}
summary {
  cursor: pointer;
  margin: 0.25rem 0 0.75rem;
}
.numbers {
  display: grid;
  grid-template-columns: repeat(auto-fill, minmax(8.5rem, 1fr));
  gap: 0 1rem;
  max-height: 22rem;
  overflow-y: auto;
  padding-right: 0.5rem;
}
canvas {
  display: block;
  width: 308px;
  /* Pixels at a whole-number scale, as large as the place allows. */
  width: calc(round(down, min(448px, 100cqw), 1px * var(--pixels)));
  image-rendering: pixelated;
}
small {
  display: block;
  min-height: 1.5em;
  margin-top: 0.25rem;
}
@container (max-width: 719px) {
  .columns {
    grid-template-columns: minmax(0, 1fr);
    gap: 0.75rem;
  }
  /* First, and in sight while one drags. */
  .picture {
    order: -1;
    position: sticky;
    top: 3.5rem;
    z-index: 1;
    background: var(--st-background-color);
  }
}
`;function f(r){let t=Uint8Array.from(atob(r.replaceAll("-","+").replaceAll("_","/")),e=>e.charCodeAt(0));return Float32Array.from(new Int16Array(t.buffer),e=>e/4096)}function g(r){let t=new Uint8Array(Int16Array.from(r,s=>Math.round(s*4096)).buffer);return btoa(String.fromCharCode(...t)).replaceAll("+","-").replaceAll("/","_").replaceAll("=","")}function p(r){return Float32Array.from(r,t=>{let e=Math.round(t*4096);return Math.min(Math.max(e,-32768),32767)/4096})}function u(r,t){return r.reduce((e,s,i)=>e+s*t[i],0)}function A(r,t,e){let s=e-u(r,t);return p(r.map((i,o)=>i+s*t[o]))}function S(r,t,e){return p(r.with(t,e))}function E(r,t,e){let s=[Math.sqrt(u(r,r)),Math.sqrt(u(t,t))],i=u(r,t)/(s[0]*s[1]),o=Math.acos(Math.min(Math.max(i,-1),1));if(!(Math.sin(o)>1e-6))return p(r.map((l,c)=>(1-e)*l+e*t[c]));let n=(1-e)*s[0]+e*s[1],h=[Math.sin((1-e)*o),Math.sin(e*o)].map(l=>l/Math.sin(o));return p(r.map((l,c)=>n*(h[0]*l/s[0]+h[1]*t[c]/s[1])))}var P=120,M=500,T=3,w=new WeakMap;function N(r){let{parentElement:t}=r;return w.has(t)||w.set(t,new v(r)),w.get(t).update(r),()=>{w.get(t)?.close(),w.delete(t)}}var v=class{constructor({parentElement:t,data:e}){this.root=a(t,"div",{className:"dream"}),a(this.root,"style",{textContent:x});let s=a(this.root,"div",{className:"columns"});this.controls=a(s,"div");let i=a(s,"div",{className:"picture"}),[o,n]=e.shape;this.canvas=a(i,"canvas",{width:n,height:o,role:"img",ariaLabel:e.label}),this.canvas.style.setProperty("--pixels",n),this.note=a(i,"small",{textContent:"The generator is on its way to your browser."}),this.sliders=[],this.releases=0,this.addDirections(e),this.addMorph(),this.addNumbers(e.latent),this.start(e),t.host.style.minHeight=0}update({data:t,setStateValue:e}){this.setStateValue=e,this.showPins(t.pins),t.turn!==this.turn&&(this.turn=t.turn,this.base=void 0,clearTimeout(this.report),this.show(f(t.latent)),this.showPlaces(this.sliders)),!this.ready&&t.latent===g(this.vector)&&this.paintFile(t.picture),this.broken&&this.setStateValue("failed",this.broken)}close(){clearTimeout(this.report),this.worker?.terminate(),this.root.remove()}addDirections({directions:t}){for(let{title:e,vector:s,reach:i}of t){let o=C(s);this.addSlider(this.controls,e,{reach:i,place:n=>u(n,o),moved:(n,h)=>A(n,o,h)})}}addMorph(){this.morph=this.addSlider(this.controls,"From A to B, once both are pinned",{start:0,reach:1,place:()=>{},moved:(t,e)=>E(...this.pins,e)}).input}addNumbers(t){let e=f(t).length,s=a(this.controls,"details");a(s,"summary",{textContent:`The ${e} numbers that the picture is made of`});let i=a(s,"div",{className:"numbers"}),o=()=>{let n=Array.from({length:e},(h,l)=>this.addSlider(i,`${l+1}`,{reach:T,place:c=>c[l],moved:(c,d)=>S(c,l,d)}));this.showPlaces(n)};s.addEventListener("toggle",o,{once:!0})}addSlider(t,e,{start:s,reach:i,place:o,moved:n}){let h=a(t,"label");a(h,"span",{textContent:e});let l=a(h,"span",{className:"place",ariaHidden:!0}),c={type:"range",min:s??-i,max:i,step:.01,ariaLabel:e},d=a(h,"input",c),m={input:d,output:l,place:o};return d.value=s??0,d.addEventListener("input",()=>{this.base??=this.vector,this.show(n(this.base,d.valueAsNumber)),y(m),this.showPlaces(this.sliders.filter(b=>b!==m&&!b.isNumber))}),d.addEventListener("change",()=>{this.base=void 0,this.showPlaces(this.sliders.filter(b=>b!==m)),clearTimeout(this.report),this.report=setTimeout(()=>this.release(),P)}),m.isNumber=t.className==="numbers",y(m),this.sliders.push(m),m}showPlaces(t){for(let e of t){let s=e.place(this.vector);s!==void 0&&(e.input.value=s,y(e))}}showPins(t){this.pins=t.map(f),this.morph.disabled=t.length<2}release(){this.releases+=1,this.setStateValue("release",{latent:g(this.vector),turn:this.turn,count:this.releases})}start({generator:t,latent:e}){if(this.vector=f(e),typeof WebAssembly>"u"){this.broken="this browser does not run WebAssembly";return}let s=document.baseURI;this.worker=new Worker(new URL("browser/worker-45997552.js",s),{type:"module"}),this.worker.onerror=()=>this.fail("the browser's worker did not start"),this.worker.onmessage=({data:i})=>this.hear(i),this.worker.postMessage({wasm:new URL("browser/runtime-3398c10d.wasm",s).href,generator:new URL(t,s).href,latentDim:this.vector.length})}show(t){this.vector=p(t),this.draw()}draw(){this.ready&&this.worker.postMessage({vector:this.vector})}hear({failed:t,ready:e,pixels:s,width:i,height:o,milliseconds:n}){if(t)return this.fail(t);if(e)return this.ready=!0,this.draw();this.canvas.getContext("2d").putImageData(new ImageData(s,i,o),0,0),this.tellSpeed(n)}tellSpeed(t){let e=performance.now();e-(this.told??-M)<M||(this.told=e,this.note.textContent=`Drawn by your browser in ${t.toFixed(1)} ms.`)}fail(t){this.broken=t,this.worker?.terminate(),this.setStateValue("failed",t)}async paintFile(t){let e=new Image;e.src=t,await e.decode(),this.ready||this.canvas.getContext("2d").drawImage(e,0,0)}};function y({input:r,output:t}){let e=r.valueAsNumber;t.textContent=`${e>0?"+":e<0?"\u2212":""}${Math.abs(e).toFixed(2)}`}function a(r,t,e={}){let s=Object.assign(document.createElement(t),e);return r.append(s),s}function C(r){return new Float32Array(Uint8Array.from(atob(r),t=>t.charCodeAt(0)).buffer)}export{N as default};
